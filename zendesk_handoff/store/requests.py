"""Requests for sessions: each is taken up by one process or withdrawn, never both.

``Sessions.request`` stores them. The state decides: it leaves ``requested`` in one transaction, by
whichever comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import ACTION_GRACE, State
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.session_end import claim_outcome, fail_opening
from zendesk_handoff.store.session_rows import check_lease
from zendesk_handoff.store.topics import session_topic

_is_requested = sessions.c.state == State.REQUESTED.value


class Requests:
    """The requests in the table ``sessions``.

    Args:
        database: The database with the table.
        owner: This process.
    """

    def __init__(self, database: Database, *, owner: str):
        """Use a database, as the process ``owner``."""
        self._database = database
        self._owner = owner

    async def take_up(
        self,
        session_id: str,
        *,
        channel: str | None = None,
        address: Mapping[str, Any] | None = None,
    ) -> bool:
        """Begin to open a session, unless its request was withdrawn or is too old.

        Args:
            session_id: The session's id; this process has its lease.
            channel: The Rasa channel of the user, if this process knows it better than the action.
            address: Where in the channel the conversation takes place.

        Returns:
            Whether this process is to open it.

        Raises:
            LeaseLost: Another process has acquired the session.
        """
        place = {"channel": channel, "address": address} if channel else {}
        taken = (
            sa.update(sessions)
            .where(sessions.c.id == session_id, _is_requested)
            .where(sessions.c.take_up_until > self._database.now())
            .values(state=State.OPENING.value, **place)
        )

        def work(connection: Connection) -> bool:
            check_lease(connection, session_id, self._owner)
            return bool(connection.execute(taken).rowcount)

        return await self._change(session_id, work)

    async def withdraw(self, session_id: str) -> bool:
        """Withdraw a request that nobody has taken up: the session has failed.

        Args:
            session_id: The session's id.

        Returns:
            Whether it was withdrawn; then the caller is to notify the user.
        """

        def work(connection: Connection) -> bool:
            return fail_opening(connection, session_id, end_notified=True, condition=_is_requested)

        return await self._change(session_id, work)

    async def expire(self, session_id: str) -> bool:
        """Withdraw a request of an action that has died before it could do so itself.

        Args:
            session_id: The session's id.

        Returns:
            Whether it was withdrawn; the user is not notified yet.
        """
        is_abandoned = sa.and_(
            _is_requested, sessions.c.take_up_until + ACTION_GRACE < self._database.now()
        )

        def work(connection: Connection) -> bool:
            return fail_opening(connection, session_id, end_notified=False, condition=is_abandoned)

        return await self._change(session_id, work)

    async def claim_outcome(self, session_id: str) -> bool:
        """Claim the notification of the outcome, as the action does that waits for it.

        A handover that has succeeded needs none: the action pauses the conversation.

        Args:
            session_id: The session's id.

        Returns:
            Whether the caller is to notify the user; else it is done by another process.
        """
        return await self._change(
            session_id, lambda connection: claim_outcome(connection, session_id)
        )

    async def _change(self, session_id: str, work: Any) -> bool:
        """Do work in a transaction, and wake the session's workers if it has changed the row."""

        def alone(connection: Connection, _items: Sequence[None]) -> Sequence[bool]:
            return [work(connection)]

        topic = session_topic(session_id)
        return await self._database.write_together(
            alone, None, wake=lambda changed: [topic] if changed else []
        )
