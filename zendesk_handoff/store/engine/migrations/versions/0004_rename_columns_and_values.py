"""Rename columns, indexes and stored values: leases, notifications, pending messages, dead letters.

A renamed column cannot serve the version before it: stop all servers before the upgrade.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COLUMNS = {
    "sessions": {
        "announced": "start_notified",
        "told": "end_notified",
        "closed": "finalized",
        "owner": "lease_owner",
        "owned_until": "lease_expires_at",
        "trying": "pending_step",
    },
    "outbox": {"fault": "error"},
    "pending_messages": {"given_at": "claimed_at", "gone_at": "delivered_at"},
}
#: Old name, new name, table, columns, condition before, condition after.
_INDEXES = (
    (
        *("unclosed_sessions", "current_sessions", "sessions", ["sender_id"]),
        *("NOT closed", "NOT finalized"),
    ),
    (
        *("untold_sessions", "end_unnotified_sessions", "sessions", ["id"]),
        *("NOT told", "NOT end_notified"),
    ),
    (
        *("owned_sessions", "leased_sessions", "sessions", ["lease_owner"]),
        *("owner IS NOT NULL", "lease_owner IS NOT NULL"),
    ),
    (
        *("outbox_undone", "outbox_undelivered", "outbox", ["session_id", "state"]),
        *("state <> 'done'", "state <> 'done'"),
    ),
    (
        *("inbox_undone", "inbox_undelivered", "inbox", ["session_id", "state"]),
        *("state <> 'done'", "state <> 'done'"),
    ),
    (
        *("held_for_a_sender", "pending_for_a_sender", "pending_messages", ["sender_id", "id"]),
        *("gone_at IS NULL", "delivered_at IS NULL"),
    ),
)
#: PostgreSQL names these after the table; SQLite gives them no name of their own.
_OBJECTS = (
    ("INDEX", "held_pkey", "pending_messages_pkey"),
    ("INDEX", "held_sender_id_key_key", "pending_messages_sender_id_key_key"),
    ("SEQUENCE", "held_id_seq", "pending_messages_id_seq"),
)


def upgrade() -> None:
    """Change the schema."""
    for old, *_ in _INDEXES:
        op.drop_index(old)
    op.rename_table("held", "pending_messages")
    _rename_objects()
    for table, renames in _COLUMNS.items():
        for old, new in renames.items():
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for _, new, table, columns, _, where in _INDEXES:
        _create_index(new, table, columns, where)
    op.execute("UPDATE inbox SET kind = 'dead_letter' WHERE kind = 'aside'")
    op.execute("UPDATE inbox SET state = 'dead' WHERE state = 'aside'")
    _rename_closing_notes("leave", "closing_note")


def downgrade() -> None:
    """Change it back."""
    _rename_closing_notes("closing_note", "leave")
    op.execute("UPDATE inbox SET state = 'aside' WHERE state = 'dead'")
    op.execute("UPDATE inbox SET kind = 'aside' WHERE kind = 'dead_letter'")
    for _, new, *_ in _INDEXES:
        op.drop_index(new)
    for table, renames in _COLUMNS.items():
        for old, new in renames.items():
            op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    op.rename_table("pending_messages", "held")
    _rename_objects(back=True)
    for old, _, table, columns, where, _ in _INDEXES:
        back = {new: before for before, new in _COLUMNS.get(table, {}).items()}
        before = "held" if table == "pending_messages" else table
        _create_index(old, before, [back.get(name, name) for name in columns], where)


def _create_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _rename_objects(*, back: bool = False) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for kind, old, new in _OBJECTS:
        before, after = (new, old) if back else (old, new)
        op.execute(f"ALTER {kind} {before} RENAME TO {after}")


def _rename_closing_notes(old: str, new: str) -> None:
    """Rename the type of closing notes that are not sent yet."""
    outbox = sa.table("outbox", sa.column("id", sa.Integer), sa.column("body", sa.JSON))
    bind = op.get_bind()
    waiting = sa.select(outbox.c.id, outbox.c.body).where(sa.text("state <> 'done'"))
    for row in bind.execute(waiting).all():
        body: Mapping[str, object] = row.body
        if body.get("type") == old:
            renamed = {**body, "type": new}
            bind.execute(sa.update(outbox).where(outbox.c.id == row.id).values(body=renamed))
