"""Where a conversation takes place, what an agent offers, and parts that a channel has taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.add_column("sessions", sa.Column("address", sa.JSON))
    op.add_column("sessions", sa.Column("choices", sa.JSON))
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("session_id", sa.String(32), sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("event_id", sa.Integer, sa.ForeignKey("inbox.id")),
        sa.Column("key", sa.String(192), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("reference", sa.String(128)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("body", sa.JSON),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.UniqueConstraint("session_id", "key", "part"),
    )
    op.create_index("deliveries_by_reference", "deliveries", ["channel", "reference"])
    op.create_index("deliveries_of_an_event", "deliveries", ["event_id"])
    condition = sa.text("state = 'taken'")
    op.create_index(
        "deliveries_to_confirm",
        "deliveries",
        ["created_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    """Change it back."""
    op.drop_table("deliveries")
    op.execute("UPDATE inbox SET state = 'done' WHERE state IN ('sent', 'failed')")
    op.execute("ALTER TABLE sessions DROP COLUMN choices")
    op.execute("ALTER TABLE sessions DROP COLUMN address")
