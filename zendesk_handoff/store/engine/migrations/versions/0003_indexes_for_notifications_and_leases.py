"""Indexes for sessions whose end is not notified, and for leased sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(
            "owned_sessions",
            ["owner"],
            unique=False,
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
        )
        batch_op.create_index(
            "untold_sessions",
            ["id"],
            unique=False,
            sqlite_where=sa.text("NOT told"),
            postgresql_where=sa.text("NOT told"),
        )


def downgrade() -> None:
    """Change it back."""
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(
            "untold_sessions",
            sqlite_where=sa.text("NOT told"),
            postgresql_where=sa.text("NOT told"),
        )
        batch_op.drop_index(
            "owned_sessions",
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
        )
