"""Reading of native conversations, in case no event has told what users wrote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    with op.batch_alter_table("native_conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("control_moved_at", sa.Float(precision=53), nullable=True))
        batch_op.add_column(
            sa.Column("reconciled_at", sa.Float(precision=53), server_default="0", nullable=False)
        )
        batch_op.create_index(
            "native_conversations_by_activity", ["answered_at", "reconciled_at"], unique=False
        )


def downgrade() -> None:
    """Change it back."""
    with op.batch_alter_table("native_conversations", schema=None) as batch_op:
        batch_op.drop_index("native_conversations_by_activity")
        batch_op.drop_column("reconciled_at")
        batch_op.drop_column("control_moved_at")
