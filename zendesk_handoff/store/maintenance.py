"""What an operator does to the store: try again what was refused, and forget what is old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OPEN_NAMES, State
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import (
    chat,
    inbox,
    outbox,
    pending_messages,
    sessions,
    uploads,
)
from zendesk_handoff.store.sessions import topic

#: Sessions that are forgotten in one transaction: others write meanwhile.
_PIECE = 200


@dataclass(frozen=True)
class Purged:
    """How many rows were forgotten.

    Args:
        sessions: With all that was written in them.
        chat: Entries of chat pages.
        uploads: Files of users.
        pending_messages: Messages that nobody came for.
    """

    sessions: int
    chat: int
    uploads: int
    pending_messages: int


class Maintenance:
    """Changes that no message brings about."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def retry(self, session_id: str) -> int:
        """Give the messages that Zendesk refused back to the queue, and wake the session.

        They go in the order in which they were written. What was refused for good may be refused
        again: this is for after a mended key, or a conversation that takes messages again.

        Args:
            session_id: Which session; it need not be open.

        Returns:
            How many messages are tried again.
        """
        refused = (
            sa.update(outbox)
            .where(outbox.c.session_id == session_id, outbox.c.state == "failed")
            .values(state="new", error=None, done_at=None)
        )
        # SQLite wakes others by a commit that changes something, also where nothing was refused:
        # a claim that ends a millisecond sooner does nobody harm.
        touch = (
            sa.update(sessions)
            .where(sessions.c.id == session_id)
            .values(lease_expires_at=sessions.c.lease_expires_at - 0.001)
        )

        def work(connection: Connection) -> int:
            count = (connection.execute(refused)).rowcount
            connection.execute(touch)
            return int(count)

        return await self._database.write(work, wake=[topic(session_id)])

    async def purge(self, *, older_than: float) -> Purged:
        """Forget what is over and older than a moment.

        A session that is open stays, and so does one whose user has not been told of its end or
        whose messages still wait for Zendesk. A chat page stays as a whole while it is in use.

        Args:
            older_than: Seconds since the epoch.
        """
        count = 0
        while forgotten := await self._purge_sessions(older_than):
            count += forgotten

        def work(connection: Connection) -> Purged:
            current = sa.select(sessions.c.sender_id).where(
                sa.or_(sessions.c.state.in_(OPEN_NAMES), ~sessions.c.end_notified)
            )
            in_use = sa.select(chat.c.sender_id).where(chat.c.created_at >= older_than)

            def delete(table: sa.Table, *where: Any) -> int:
                old = (table.c.created_at < older_than, table.c.sender_id.not_in(current))
                result = connection.execute(sa.delete(table).where(*old, *where))
                return int(result.rowcount)

            return Purged(
                sessions=count,
                chat=delete(chat, chat.c.sender_id.not_in(in_use)),
                uploads=delete(uploads),
                pending_messages=delete(pending_messages),
            )

        return await self._database.write(work)

    async def _purge_sessions(self, older_than: float) -> int:
        waiting = sa.select(outbox.c.session_id).where(outbox.c.state == "new")
        over = (
            sa.select(sessions.c.id)
            .where(
                sessions.c.state.not_in(OPEN_NAMES),
                sessions.c.end_notified,
                sessions.c.ended_at < older_than,
                sa.or_(sessions.c.state == State.FAILED.value, sessions.c.id.not_in(waiting)),
            )
            .limit(_PIECE)
        )

        def work(connection: Connection) -> int:
            ids = [row[0] for row in connection.execute(over)]
            for table in (outbox, inbox):
                connection.execute(sa.delete(table).where(table.c.session_id.in_(ids)))
            connection.execute(sa.delete(sessions).where(sessions.c.id.in_(ids)))
            return len(ids)

        return await self._database.write(work)
