"""Queries for native conversations."""

from __future__ import annotations

import sqlalchemy as sa

from zendesk_handoff.domain.native import NativeConversation
from zendesk_handoff.store.engine.schema import native_conversations
from zendesk_handoff.store.engine.statement import Statement

FIELDS = tuple(NativeConversation.__dataclass_fields__)
CONVERSATIONS = sa.select(*(native_conversations.c[name] for name in FIELDS))
# Module constants, because building a statement costs more than running it.
OF_SENDER = Statement(
    CONVERSATIONS.where(native_conversations.c.sender_id == sa.bindparam("sender"))
)
BY_CONVERSATION = Statement(
    CONVERSATIONS.where(
        native_conversations.c.connector_id == sa.bindparam("connector"),
        native_conversations.c.conversation_id == sa.bindparam("conversation"),
    )
)
