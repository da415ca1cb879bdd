"""The user's id at Zendesk, and the channel on which a pending message waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema.

    ``external_id`` stays empty in the rows that there are, and in those of old servers: their users
    keep the ids that old versions have given them.
    """
    op.add_column("sessions", sa.Column("external_id", sa.Text))
    op.create_index(
        "sessions_of_a_sender",
        "sessions",
        ["sender_id", "connector_id", "channel", "created_at"],
    )
    op.add_column("pending_messages", sa.Column("channel", sa.Text))
    op.execute(
        "UPDATE pending_messages SET channel = ("
        "SELECT channel FROM sessions WHERE sessions.sender_id = pending_messages.sender_id "
        "ORDER BY created_at DESC LIMIT 1) WHERE delivered_at IS NULL"
    )


def downgrade() -> None:
    """Change it back."""
    op.execute("ALTER TABLE pending_messages DROP COLUMN channel")
    op.drop_index("sessions_of_a_sender", "sessions")
    op.execute("ALTER TABLE sessions DROP COLUMN external_id")
