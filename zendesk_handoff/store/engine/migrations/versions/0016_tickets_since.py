"""Since when a ticket's fields are to be set, after which it is given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema: of tickets that are under way it is not known, and is the start."""
    op.add_column("sessions", sa.Column("ticket_since", sa.Float(precision=53)))


def downgrade() -> None:
    """Change it back."""
    op.execute("ALTER TABLE sessions DROP COLUMN ticket_since")
