"""A time until which a request for a session may be taken up by the Rasa server.

The action server of the version before opened its sessions itself. A request that it left behind
counts as an opening that has begun, so that it is finished like one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    column = sa.Column("take_up_until", sa.Float(53), nullable=False, server_default="0")
    op.add_column("sessions", column)
    op.execute("UPDATE sessions SET state = 'opening' WHERE state = 'requested'")


def downgrade() -> None:
    """Change it back."""
    op.execute(
        "UPDATE sessions SET state = 'requested' "
        "WHERE state = 'opening' AND step IS NULL AND pending_step IS NULL"
    )
    op.execute("ALTER TABLE sessions DROP COLUMN take_up_until")
