"""The fields of a session's ticket, and when they are to be set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_HAS_TICKET_TO_SET = sa.text("ticket_due_at IS NOT NULL")


def upgrade() -> None:
    """Change the schema."""
    op.add_column("sessions", sa.Column("ticket", sa.JSON(none_as_null=True)))
    op.add_column("sessions", sa.Column("ticket_due_at", sa.Float(precision=53)))
    op.create_index(
        "tickets_to_set",
        "sessions",
        ["ticket_due_at"],
        sqlite_where=_HAS_TICKET_TO_SET,
        postgresql_where=_HAS_TICKET_TO_SET,
    )


def downgrade() -> None:
    """Change it back."""
    op.drop_index("tickets_to_set", table_name="sessions")
    op.execute("ALTER TABLE sessions DROP COLUMN ticket_due_at")
    op.execute("ALTER TABLE sessions DROP COLUMN ticket")
