"""Whether an event has come since a session began, and whether its absence was logged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema: of sessions from before, events count as having come."""
    op.add_column("sessions", sa.Column("heard_at", sa.Float(precision=53)))
    op.add_column("sessions", sa.Column("silence_logged_at", sa.Float(precision=53)))
    op.execute("UPDATE sessions SET heard_at = created_at")


def downgrade() -> None:
    """Change it back."""
    op.execute("ALTER TABLE sessions DROP COLUMN silence_logged_at")
    op.execute("ALTER TABLE sessions DROP COLUMN heard_at")
