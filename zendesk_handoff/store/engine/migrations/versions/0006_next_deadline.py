"""The next deadline of a session, and when its user was last told of a delay."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.add_column(
        "sessions", sa.Column("next_deadline", sa.Float(53), nullable=False, server_default="0")
    )
    op.add_column("sessions", sa.Column("delay_notified_at", sa.Float(53)))
    # No user is told of the same delay again.
    op.execute(
        "UPDATE sessions SET delay_notified_at = (SELECT max(created_at) FROM inbox "
        "WHERE inbox.session_id = sessions.id AND inbox.kind = 'notice') WHERE NOT end_notified"
    )
    # The new index serves the queries of the old one as well.
    op.drop_index("end_unnotified_sessions", "sessions")
    _create_index("sessions_by_deadline", "next_deadline")


def downgrade() -> None:
    """Change it back."""
    op.drop_index("sessions_by_deadline", "sessions")
    _create_index("end_unnotified_sessions", "id")
    op.execute("ALTER TABLE sessions DROP COLUMN delay_notified_at")
    op.execute("ALTER TABLE sessions DROP COLUMN next_deadline")


def _create_index(name: str, column: str) -> None:
    condition = sa.text("NOT end_notified")
    op.create_index(name, "sessions", [column], sqlite_where=condition, postgresql_where=condition)
