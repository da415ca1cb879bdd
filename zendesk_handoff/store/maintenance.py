"""Maintenance: retry refused messages, purge old data."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OPEN_NAMES, State
from zendesk_handoff.store.daily_users import day_of
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import (
    bot_messages,
    chat,
    daily_users,
    inbox,
    native_conversations,
    outbox,
    pending_messages,
    sessions,
    uploads,
    user_messages,
)
from zendesk_handoff.store.erasure import delete_sessions, is_erased
from zendesk_handoff.store.topics import session_topic

#: Sessions that are deleted in one transaction, so that others can write between two of them.
_BATCH_SIZE = 200
#: Seconds for which ids of messages in native conversations are kept: Zendesk repeats a call for 15
#: minutes (page "Webhooks").
_IDS_KEPT = 24 * 3600.0
_UNSENT = sa.select(outbox.c.session_id).where(outbox.c.state == "new")


@dataclass(frozen=True)
class Purged:
    """Numbers of deleted rows.

    Args:
        sessions: Sessions, deleted together with their messages and events.
        chat: History items of chat pages.
        uploads: Files of users.
        pending_messages: Messages for a next request, delivered or not.
        native_conversations: Native conversations in which the bot has not been at work since.
        daily_users: Numbers of users on a day: without the sessions of that day they say nothing.
    """

    sessions: int
    chat: int
    uploads: int
    pending_messages: int
    native_conversations: int
    daily_users: int


class Maintenance:
    """Changes by an operator's command, or by the server from time to time."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def retry(self, session_id: str) -> int:
        """Queue the messages that Zendesk refused once more, and notify the session's worker.

        They are sent in the order in which they were written. This is for use after a key has been
        corrected, or when a conversation accepts messages again; Zendesk may refuse them again.

        Args:
            session_id: The session's id; it need not be open.

        Returns:
            The number of queued messages.
        """
        refused = (
            sa.update(outbox)
            .where(outbox.c.session_id == session_id, outbox.c.state == "failed")
            .values(state="new", error=None, done_at=None)
        )
        # On SQLite other processes notice only a commit that changes something, and there may be no
        # refused message. A lease that expires a millisecond earlier does no harm.
        touch = (
            sa.update(sessions)
            .where(sessions.c.id == session_id)
            .values(lease_expires_at=sessions.c.lease_expires_at - 0.001)
        )

        def work(connection: Connection) -> int:
            count = connection.execute(refused).rowcount
            connection.execute(touch)
            return int(count)

        return await self._database.write(work, wake=[session_topic(session_id)])

    async def purge(self, *, older_than: float, batch_size: int = _BATCH_SIZE) -> Purged:
        """Delete sessions that ended before a time, and other data created before it.

        Kept are open sessions, sessions whose end is not notified, and sessions with messages that
        wait for Zendesk. The history of a chat page is kept as a whole while the page is in use.

        Args:
            older_than: Seconds since the epoch.
            batch_size: Largest number of sessions to delete in one transaction.
        """
        return await self._purge(older_than, batch_size)

    async def purge_delivered(self, *, older_than: float, batch_size: int = _BATCH_SIZE) -> Purged:
        """Delete what ``purge`` does, except everything that has not reached its reader yet.

        It runs by itself: nobody decides that an undelivered message may be lost.

        Args:
            older_than: Seconds since the epoch.
            batch_size: Largest number of sessions to delete in one transaction.
        """
        undelivered = sa.select(inbox.c.session_id).where(inbox.c.state == "new")
        return await self._purge(
            older_than,
            batch_size,
            sessions.c.id.not_in(undelivered),
            pending=pending_messages.c.delivered_at.is_not(None),
        )

    async def _purge(
        self, older_than: float, batch_size: int, *over: Any, pending: Any = None
    ) -> Purged:
        count = 0
        while purged := await self._purge_sessions(older_than, batch_size, *over):
            count += purged

        def work(connection: Connection) -> Purged:
            # Sessions with work left: they, or their files, are still needed.
            current = sa.select(sessions.c.sender_id).where(
                sa.or_(
                    sessions.c.state.in_(OPEN_NAMES),
                    ~sessions.c.end_notified,
                    sessions.c.id.in_(_UNSENT),
                )
            )
            in_use = sa.select(chat.c.sender_id).where(
                sa.or_(chat.c.created_at >= older_than, chat.c.work.is_not(None))
            )

            def delete(table: sa.Table, *where: Any) -> int:
                old = (table.c.created_at < older_than, table.c.sender_id.not_in(current))
                result = connection.execute(sa.delete(table).where(*old, *where))
                return int(result.rowcount)

            old_days = sa.delete(daily_users).where(
                daily_users.c.day < day_of(max(0.0, older_than))
            )
            _forget_ids(connection)
            return Purged(
                sessions=count,
                chat=delete(chat, chat.c.sender_id.not_in(in_use)),
                uploads=delete(uploads, uploads.c.sender_id.not_in(in_use)),
                pending_messages=delete(pending_messages, *([] if pending is None else [pending])),
                native_conversations=int(connection.execute(_old_native(older_than)).rowcount),
                daily_users=int(connection.execute(old_days).rowcount),
            )

        return await self._database.write(work)

    async def _purge_sessions(self, older_than: float, batch_size: int, *over: Any) -> int:
        old = sa.and_(
            sessions.c.state.not_in(OPEN_NAMES),
            sessions.c.end_notified,
            sessions.c.ended_at < older_than,
            sa.or_(sessions.c.state == State.FAILED.value, sessions.c.id.not_in(_UNSENT)),
            *over,
        )
        found = sa.select(sessions.c.id).where(sa.or_(old, is_erased)).limit(batch_size)

        def work(connection: Connection) -> int:
            ids = [row[0] for row in connection.execute(found)]
            delete_sessions(connection, ids)
            return len(ids)

        return await self._database.write(work)


def _old_native(older_than: float) -> Any:
    """Delete native conversations of which nothing else is left; their users may write again."""
    kept = (sa.select(each.c.sender_id) for each in (sessions, user_messages, bot_messages))
    table = native_conversations
    used_at = sa.func.coalesce(table.c.answered_at, table.c.created_at)
    return sa.delete(table).where(
        used_at < older_than, *(table.c.sender_id.not_in(each) for each in kept)
    )


def _forget_ids(connection: Connection) -> None:
    """Delete the emptied rows of messages in native conversations that nothing repeats any more."""
    until = time.time() - _IDS_KEPT
    for table in (user_messages, bot_messages):
        connection.execute(sa.delete(table).where(table.c.state != "new", table.c.done_at < until))
