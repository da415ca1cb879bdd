"""Who has told what is known of a session's user, and the user's id at the site that has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema: without origins, a profile counts as told by the user."""
    op.add_column("sessions", sa.Column("origins", sa.JSON))
    op.add_column("sessions", sa.Column("subject", sa.Text))


def downgrade() -> None:
    """Change it back."""
    op.execute("ALTER TABLE sessions DROP COLUMN subject")
    op.execute("ALTER TABLE sessions DROP COLUMN origins")
