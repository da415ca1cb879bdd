"""Erasure of sessions whose conversation, or whose user, is removed at Zendesk."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import EndReason, Session
from zendesk_handoff.store import session_end
from zendesk_handoff.store.engine.schema import (
    bot_messages,
    chat,
    deliveries,
    inbox,
    native_conversations,
    outbox,
    pending_messages,
    sessions,
    uploads,
    user_messages,
)
from zendesk_handoff.store.pending import parts_of
from zendesk_handoff.store.session_rows import all_sessions, read_session

#: In place of the id of a conversation that is removed: events of it find no session any more.
_REMOVED = "removed:"
#: The key of an agent's message wherever it is on its way to the user, before Zendesk's id.
AGENT_KEY = "zendesk:"

#: The condition of sessions that are erased and over: nothing needs them any more.
is_erased = sa.and_(sessions.c.conversation_id.startswith(_REMOVED), sessions.c.end_notified)


def erase(
    connection: Connection,
    connector_id: str,
    *,
    conversation_ids: Collection[str],
    user_ids: Collection[str],
) -> list[str]:
    """Erase sessions, and end those that are open.

    Args:
        connection: In a transaction.
        connector_id: The connector whose account they were in.
        conversation_ids: Zendesk's ids of removed conversations.
        user_ids: Zendesk's ids of removed users.

    Returns:
        The ids of the sessions.
    """
    query = all_sessions.where(
        sessions.c.connector_id == connector_id,
        sa.or_(
            sessions.c.conversation_id.in_(list(conversation_ids)),
            sessions.c.user_id.in_(list(user_ids)),
        ),
    )
    found = [read_session(row) for row in connection.execute(query)]
    for session in found:
        ended = session_end.end(connection, session.id, EndReason.CONVERSATION_REMOVED)
        if session.user_id in user_ids:
            _erase_page(connection, ended)
        else:
            _erase_human_part(connection, ended)
        _erase_messages(connection, session)
        if session.end_notified:
            delete_sessions(connection, [session.id])
        else:
            _blank(connection, session)
    _erase_native(connection, connector_id, conversation_ids, user_ids)
    return [session.id for session in found]


def _erase_native(
    connection: Connection,
    connector_id: str,
    conversation_ids: Collection[str],
    user_ids: Collection[str],
) -> None:
    """Erase native conversations, in which the bot itself has answered."""
    found = sa.select(native_conversations.c.sender_id).where(
        native_conversations.c.connector_id == connector_id,
        sa.or_(
            native_conversations.c.conversation_id.in_(list(conversation_ids)),
            native_conversations.c.user_id.in_(list(user_ids)),
        ),
    )
    senders = [row.sender_id for row in connection.execute(found)]
    for table in (user_messages, bot_messages, native_conversations):
        connection.execute(sa.delete(table).where(table.c.sender_id.in_(senders)))


def delete_sessions(connection: Connection, ids: Sequence[str]) -> None:
    """Delete sessions with everything that belongs to them.

    Args:
        connection: In a transaction.
        ids: The sessions' ids.
    """
    for table in (outbox, deliveries, inbox):
        connection.execute(sa.delete(table).where(table.c.session_id.in_(ids)))
    connection.execute(sa.delete(sessions).where(sessions.c.id.in_(ids)))


def _erase_messages(connection: Connection, session: Session) -> None:
    """Erase both directions; what Zendesk has never got is left to the bot, which answers it."""
    of_session = inbox.c.session_id == session.id
    for row in connection.execute(sa.select(inbox.c.message_id).where(of_session)):
        if row.message_id is not None:
            pending = parts_of(session.sender_id, f"{AGENT_KEY}{row.message_id}")
            connection.execute(sa.delete(pending_messages).where(*pending))
    connection.execute(sa.delete(deliveries).where(deliveries.c.session_id == session.id))
    connection.execute(sa.delete(inbox).where(of_session))
    connection.execute(
        sa.delete(outbox).where(outbox.c.session_id == session.id, outbox.c.state != "new")
    )


def _erase_human_part(connection: Connection, session: Session) -> None:
    """Erase what a chat page has of the session, and the files that were sent in it."""
    # An agent's message that crossed the end is stored after it.
    shown = sa.exists().where(
        inbox.c.session_id == session.id,
        chat.c.request_id.contains(sa.literal(AGENT_KEY) + inbox.c.message_id),
    )
    until = session.ended_at or time.time()  # what follows is the notice, and the bot's
    during = chat.c.created_at.between(session.created_at, until)
    _delete_items(connection, session.sender_id, sa.or_(during, shown))
    sent = sa.select(outbox.c.body).where(
        outbox.c.session_id == session.id, outbox.c.state != "new"
    )
    ids = [row.body.get("upload_id") for row in connection.execute(sent)]
    connection.execute(
        sa.delete(uploads).where(
            uploads.c.sender_id == session.sender_id, uploads.c.id.in_([*filter(None, ids)])
        )
    )


def _erase_page(connection: Connection, session: Session) -> None:
    """Erase the history of a chat page until the session's end, its user's profile and files."""
    sender_id, until = session.sender_id, session.ended_at or time.time()
    _delete_items(connection, sender_id, chat.c.created_at <= until)
    starts = sa.update(chat).where(chat.c.sender_id == sender_id, chat.c.starts)
    connection.execute(starts.values(body={"role": "start", "profile": {}}))
    connection.execute(sa.delete(uploads).where(uploads.c.sender_id == sender_id))


def _delete_items(connection: Connection, sender_id: str, condition: Any) -> None:
    """Delete items of a page, except its beginning and what the bot has not answered yet.

    The last item is emptied instead, which the page does not show: SQLite gives the id of a deleted
    last row to the next one, and a page that has seen it would never be sent that one.
    """
    erased = sa.and_(
        chat.c.sender_id == sender_id, ~chat.c.starts, chat.c.work.is_(None), condition
    )
    last = connection.execute(sa.select(sa.func.max(chat.c.id)).where(erased)).scalar()
    if last is None:
        return
    connection.execute(sa.delete(chat).where(erased, chat.c.id != last))
    emptied = sa.update(chat).where(chat.c.id == last)
    connection.execute(emptied.values(body={"role": "start"}, request_id=None))


def _blank(connection: Connection, session: Session) -> None:
    """Leave what the notification of the end needs: the place, and the user's language."""
    locale = {key: value for key, value in session.profile.items() if key == "locale"}
    blank: dict[str, Any] = {
        **{"transcript": [], "transcript_message_id": None},
        **{"summary": "", "reason": "", "profile": locale, "choices": None},
        # Whether it was a message decides what its user is told.
        "message": None if session.message is None else "",
        # Zendesk reports a removed user after the conversations: the user's id finds the rest then.
        **{"agent_id": None, "agent_name": None, "summary_message_id": None},
        **{"ticket": None, "ticket_due_at": None, "ticket_since": None},
        "conversation_id": f"{_REMOVED}{session.id}",
    }
    connection.execute(sa.update(sessions).where(sessions.c.id == session.id).values(blank))
