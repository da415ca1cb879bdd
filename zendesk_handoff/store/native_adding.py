"""Adding of what users have done in native conversations: once, and no more than may wait."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.native import UserEvent
from zendesk_handoff.store.engine.schema import (
    is_undelivered,
    native_conversations,
    user_messages,
)
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.native_rows import BY_CONVERSATION

# Module constants, because building a statement costs more than running it.
_NEW_CONVERSATION = new_rows(
    native_conversations, "sender_id", "connector_id", "conversation_id", "created_at"
)
_SEEN = Statement(
    sa.update(native_conversations)
    .where(native_conversations.c.sender_id == sa.bindparam("sender"))
    .values(
        source=sa.bindparam("channel"),
        user_id=sa.func.coalesce(
            sa.bindparam("user", type_=sa.String), native_conversations.c.user_id
        ),
        first_message_id=sa.func.coalesce(
            native_conversations.c.first_message_id, sa.bindparam("message", type_=sa.String)
        ),
    )
)
NEW_MESSAGE = new_rows(
    user_messages,
    *("sender_id", "connector_id", "event_id", "message_id", "kind", "body", "sent_at"),
    *("created_at", "state", "done_at"),
)
_WAITING = Statement(
    sa.select(sa.func.count().label("number")).where(
        user_messages.c.sender_id == sa.bindparam("sender"),
        is_undelivered,
        user_messages.c.state == "new",
    )
)


class Addition(NamedTuple):
    """The events of one call, and how many may wait in a conversation."""

    events: Sequence[UserEvent]
    limit: int | None


class Added(NamedTuple):
    """An event as it is stored, and Rasa's id of its user."""

    sender: str
    event: UserEvent


def add_all(connection: Connection, calls: Sequence[Addition]) -> list[list[Added]]:
    """Store the events of all calls.

    Args:
        connection: In a transaction.
        calls: An event, or a message, that is stored already is left alone.
    """
    now = time.time()
    return [[_add(connection, each, call.limit, now) for each in call.events] for call in calls]


def _add(connection: Connection, event: UserEvent, limit: int | None, now: float) -> Added:
    sender = _sender_of(connection, event, now)
    seen = {"channel": event.source, "user": event.user_id, "message": event.message_id}
    _SEEN.run(connection, [{"sender": sender, **seen}])
    waiting = 0 if limit is None else _WAITING.first(connection, sender=sender).number
    is_over = limit is not None and waiting >= limit
    if is_over:
        event = event.refused()
    # The first one over the limit waits for its turn, in which the user is told; the others of a
    # flood are no work for anybody.
    is_done = is_over and waiting > (limit or 0)
    NEW_MESSAGE.run(connection, [row_of(event, sender, now, is_done=is_done)])
    return Added(sender, event)


def _sender_of(connection: Connection, event: UserEvent, now: float) -> str:
    """Return Rasa's id of a conversation, which may have gone on from a merged one."""
    names = {"connector": event.connector_id, "conversation": event.conversation_id}
    row = BY_CONVERSATION.first(connection, **names)
    if row is None:
        new = {
            "sender_id": event.sender_id,
            "connector_id": event.connector_id,
            "conversation_id": event.conversation_id,
            "created_at": now,
        }
        _NEW_CONVERSATION.run(connection, [new])
        row = BY_CONVERSATION.first(connection, **names)
    return str(row.sender_id) if row is not None else event.sender_id


def row_of(event: UserEvent, sender: str, now: float, *, is_done: bool) -> dict[str, Any]:
    """Make the row of an event for ``NEW_MESSAGE``.

    Args:
        event: The event.
        sender: Rasa's id of the user.
        now: Seconds since the epoch.
        is_done: Whether the bot is not to be given it: its words are not stored then.
    """
    return {
        "sender_id": sender,
        "connector_id": event.connector_id,
        "event_id": event.event_id,
        "message_id": event.message_id,
        "kind": event.kind,
        "body": {} if is_done else dict(event.body),
        "sent_at": event.sent_at,
        "created_at": now,
        "state": "done" if is_done else "new",
        "done_at": now if is_done else None,
    }
