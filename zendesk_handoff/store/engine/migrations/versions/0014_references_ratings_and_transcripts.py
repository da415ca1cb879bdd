"""References by which triggers name sessions, users' ratings, and transcripts for the agents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.add_column("sessions", sa.Column("reference", sa.String(length=32)))
    op.add_column("sessions", sa.Column("rating_asked_at", sa.Float(precision=53)))
    op.add_column("sessions", sa.Column("rating", sa.Integer()))
    transcript = sa.Column("transcript", sa.JSON(), server_default="[]", nullable=False)
    op.add_column("sessions", transcript)
    op.add_column("sessions", sa.Column("transcript_message_id", sa.String(length=64)))
    op.create_index("sessions_by_reference", "sessions", ["reference"])


def downgrade() -> None:
    """Change it back."""
    op.drop_index("sessions_by_reference", table_name="sessions")
    added = ("reference", "rating_asked_at", "rating", "transcript", "transcript_message_id")
    for column in added:
        op.execute(f"ALTER TABLE sessions DROP COLUMN {column}")
