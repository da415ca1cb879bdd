"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "chat",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("starts", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("work", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sender_id", "request_id"),
    )
    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.create_index("chat_of_a_sender", ["sender_id", "id"], unique=False)
        batch_op.create_index(
            "chat_to_hand_over",
            ["sender_id", "id"],
            unique=False,
            sqlite_where=sa.text("work IS NOT NULL"),
            postgresql_where=sa.text("work IS NOT NULL"),
        )

    op.create_table(
        "held",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("given_at", sa.Float(precision=53), nullable=True),
        sa.Column("gone_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sender_id", "key"),
    )
    with op.batch_alter_table("held", schema=None) as batch_op:
        batch_op.create_index(
            "held_for_a_sender",
            ["sender_id", "id"],
            unique=False,
            sqlite_where=sa.text("gone_at IS NULL"),
            postgresql_where=sa.text("gone_at IS NULL"),
        )

    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("conversation_id", sa.String(length=64), nullable=True),
        sa.Column("summary_message_id", sa.String(length=64), nullable=True),
        sa.Column("step", sa.String(length=16), nullable=True),
        sa.Column("trying", sa.String(length=16), nullable=True),
        sa.Column("agent_id", sa.String(length=64), nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("connected_at", sa.Float(precision=53), nullable=True),
        sa.Column("ended_at", sa.Float(precision=53), nullable=True),
        sa.Column("announced", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("user_spoke_at", sa.Float(precision=53), nullable=True),
        sa.Column("agent_spoke_at", sa.Float(precision=53), nullable=True),
        sa.Column("reminded_at", sa.Float(precision=53), nullable=True),
        sa.Column("offered_at", sa.Float(precision=53), nullable=True),
        sa.Column("reconciled_at", sa.Float(precision=53), server_default="0", nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("closed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("owned_until", sa.Float(precision=53), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(
            "one_open_session_a_sender",
            ["sender_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
            postgresql_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
        )
        batch_op.create_index(
            "open_sessions_to_reconcile",
            ["reconciled_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
            postgresql_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
        )
        batch_op.create_index("sessions_of_a_conversation", ["conversation_id"], unique=False)
        batch_op.create_index(
            "unclosed_sessions",
            ["sender_id"],
            unique=False,
            sqlite_where=sa.text("NOT closed"),
            postgresql_where=sa.text("NOT closed"),
        )

    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sender_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="new", nullable=False),
        sa.Column("media_token", sa.String(length=48), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connector_id", "event_id"),
        sa.UniqueConstraint("connector_id", "message_id"),
        sa.UniqueConstraint("media_token"),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(
            "inbox_of_a_session", ["session_id", "state", "sent_at", "id"], unique=False
        )

    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("marker", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="new", nullable=False),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("marker"),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("outbox_of_a_session", ["session_id", "state", "id"], unique=False)


def downgrade() -> None:
    """Change it back."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("outbox_of_a_session")

    op.drop_table("outbox")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("inbox_of_a_session")

    op.drop_table("inbox")
    op.drop_table("uploads")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(
            "unclosed_sessions",
            sqlite_where=sa.text("NOT closed"),
            postgresql_where=sa.text("NOT closed"),
        )
        batch_op.drop_index("sessions_of_a_conversation")
        batch_op.drop_index(
            "open_sessions_to_reconcile",
            sqlite_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
            postgresql_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
        )
        batch_op.drop_index(
            "one_open_session_a_sender",
            sqlite_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
            postgresql_where=sa.text("state IN ('active', 'opening', 'requested', 'waiting')"),
        )

    op.drop_table("sessions")
    with op.batch_alter_table("held", schema=None) as batch_op:
        batch_op.drop_index(
            "held_for_a_sender",
            sqlite_where=sa.text("gone_at IS NULL"),
            postgresql_where=sa.text("gone_at IS NULL"),
        )

    op.drop_table("held")
    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.drop_index(
            "chat_to_hand_over",
            sqlite_where=sa.text("work IS NOT NULL"),
            postgresql_where=sa.text("work IS NOT NULL"),
        )
        batch_op.drop_index("chat_of_a_sender")

    op.drop_table("chat")
