"""Users that Zendesk has merged: what a discarded one had goes on under the surviving one."""

from __future__ import annotations

import time
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.native import Merger
from zendesk_handoff.domain.session import OPEN_NAMES
from zendesk_handoff.store.engine.schema import (
    bot_messages,
    native_conversations,
    sessions,
    user_messages,
)
from zendesk_handoff.store.native_rows import BY_CONVERSATION


def merge_all(connection: Connection, mergers: Sequence[Merger]) -> None:
    """Let discarded users' conversations and sessions go on under the surviving ones.

    Args:
        connection: In a transaction.
        mergers: Of ``user:merge`` events, in order.
    """
    for each in mergers:
        names = {"connector": each.connector_id}
        if each.discarded_user:
            for table in (native_conversations, sessions):
                of_user = (
                    table.c.connector_id == each.connector_id,
                    table.c.user_id == each.discarded_user,
                )
                moved = sa.update(table).where(*of_user)
                connection.execute(moved.values(user_id=each.surviving_user))
        discarded = BY_CONVERSATION.first(connection, conversation=each.discarded, **names)
        if discarded is None or each.discarded == each.surviving:
            continue
        surviving = BY_CONVERSATION.first(connection, conversation=each.surviving, **names)
        goes_on = discarded.sender_id
        if surviving is not None:
            goes_on = (
                surviving.sender_id
                if not _has_session(connection, discarded.sender_id)
                or _has_session(connection, surviving.sender_id)
                else discarded.sender_id
            )
            gone = ({discarded.sender_id, surviving.sender_id} - {goes_on}).pop()
            for table in (user_messages, bot_messages):
                moved = sa.update(table).where(table.c.sender_id == gone)
                connection.execute(moved.values(sender_id=goes_on))
            of_gone = native_conversations.c.sender_id == gone
            connection.execute(sa.delete(native_conversations).where(of_gone))
        connection.execute(
            sa.update(native_conversations)
            .where(native_conversations.c.sender_id == goes_on)
            # What is listed of the discarded one was answered there.
            .values(conversation_id=each.surviving, control_moved_at=time.time())
        )
        connection.execute(
            sa.update(sessions)
            .where(
                sessions.c.connector_id == each.connector_id,
                sessions.c.conversation_id == each.discarded,
            )
            .values(conversation_id=each.surviving)
        )


def _has_session(connection: Connection, sender_id: str) -> bool:
    is_open = sessions.c.state.in_(OPEN_NAMES)
    query = sa.select(sessions.c.id).where(sessions.c.sender_id == sender_id, is_open)
    return connection.execute(query.limit(1)).first() is not None
