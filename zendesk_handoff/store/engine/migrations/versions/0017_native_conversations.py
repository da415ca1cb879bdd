"""Native conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    op.create_table(
        "native_conversations",
        sa.Column("sender_id", sa.String(length=160), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=64), server_default="", nullable=False),
        sa.Column("first_message_id", sa.String(length=64), nullable=True),
        sa.Column("last_message_id", sa.String(length=64), nullable=True),
        sa.Column("fast_turns", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered_at", sa.Float(precision=53), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("lease_owner", sa.String(length=32), nullable=True),
        sa.Column("lease_expires_at", sa.Float(precision=53), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("sender_id"),
        sa.UniqueConstraint(
            "connector_id", "conversation_id", name="one_row_a_native_conversation"
        ),
    )
    with op.batch_alter_table("native_conversations", schema=None) as batch_op:
        batch_op.create_index(
            "leased_native_conversations",
            ["lease_owner"],
            unique=False,
            sqlite_where=sa.text("lease_owner IS NOT NULL"),
            postgresql_where=sa.text("lease_owner IS NOT NULL"),
        )
        batch_op.create_index(
            "native_conversations_of_a_user", ["connector_id", "user_id"], unique=False
        )

    op.create_table(
        "bot_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sender_id", sa.String(length=160), nullable=False),
        sa.Column("key", sa.String(length=192), nullable=False),
        sa.Column("marker", sa.String(length=32), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="new", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["sender_id"], ["native_conversations.sender_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("marker"),
        sa.UniqueConstraint("sender_id", "key", name="bot_messages_once_a_key"),
    )
    with op.batch_alter_table("bot_messages", schema=None) as batch_op:
        batch_op.create_index(
            "bot_messages_to_post",
            ["sender_id", "id"],
            unique=False,
            sqlite_where=sa.text("state <> 'done'"),
            postgresql_where=sa.text("state <> 'done'"),
        )

    op.create_table(
        "user_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("sender_id", sa.String(length=160), nullable=False),
        sa.Column("connector_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="new", nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(["sender_id"], ["native_conversations.sender_id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connector_id", "event_id", name="user_messages_once_an_event"),
        sa.UniqueConstraint("connector_id", "message_id", name="user_messages_once_a_message"),
    )
    with op.batch_alter_table("user_messages", schema=None) as batch_op:
        batch_op.create_index(
            "user_messages_to_handle",
            ["sender_id", "id"],
            unique=False,
            sqlite_where=sa.text("state <> 'done'"),
            postgresql_where=sa.text("state <> 'done'"),
        )


def downgrade() -> None:
    """Change it back."""
    with op.batch_alter_table("user_messages", schema=None) as batch_op:
        batch_op.drop_index(
            "user_messages_to_handle",
            sqlite_where=sa.text("state <> 'done'"),
            postgresql_where=sa.text("state <> 'done'"),
        )

    op.drop_table("user_messages")
    with op.batch_alter_table("bot_messages", schema=None) as batch_op:
        batch_op.drop_index(
            "bot_messages_to_post",
            sqlite_where=sa.text("state <> 'done'"),
            postgresql_where=sa.text("state <> 'done'"),
        )

    op.drop_table("bot_messages")
    with op.batch_alter_table("native_conversations", schema=None) as batch_op:
        batch_op.drop_index("native_conversations_of_a_user")
        batch_op.drop_index(
            "leased_native_conversations",
            sqlite_where=sa.text("lease_owner IS NOT NULL"),
            postgresql_where=sa.text("lease_owner IS NOT NULL"),
        )

    op.drop_table("native_conversations")
