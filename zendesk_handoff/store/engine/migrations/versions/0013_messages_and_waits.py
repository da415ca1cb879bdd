"""Messages that users leave while nobody is there, and how long they wait for an agent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema: the sessions from before are handovers, whose waits are not known."""
    op.add_column("sessions", sa.Column("message", sa.Text()))
    op.add_column("sessions", sa.Column("answered_at", sa.Float(precision=53)))
    op.create_index("sessions_by_connection", "sessions", ["connector_id", "connected_at"])


def downgrade() -> None:
    """Change it back."""
    op.drop_index("sessions_by_connection", table_name="sessions")
    op.execute("ALTER TABLE sessions DROP COLUMN answered_at")
    op.execute("ALTER TABLE sessions DROP COLUMN message")
