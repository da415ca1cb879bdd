"""How many users have written to the bot on a day, by channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "daily_users",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("users", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Change it back."""
    op.drop_table("daily_users")
