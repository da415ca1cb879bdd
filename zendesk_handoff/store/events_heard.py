"""Whether a connector's webhook has been called since a session began."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from zendesk_handoff.domain.session import WITH_AGENTS_NAMES
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import is_end_unnotified, sessions

_is_unheard = sa.and_(
    is_end_unnotified,  # as its index has it
    sessions.c.state.in_(WITH_AGENTS_NAMES),
    sessions.c.heard_at.is_(None),
)


class Unheard(NamedTuple):
    """A session with the agents for which no call of the webhook is recorded.

    Attributes:
        id: The session's id.
        connector_id: Its connector.
        created_at: When it was requested, in seconds since the epoch.
        connected_at: When control was passed to the agents.
        is_logged: Whether that was logged.
    """

    id: str
    connector_id: str
    created_at: float
    connected_at: float
    is_logged: bool


class EventsHeard:
    """The columns ``heard_at`` and ``silence_logged_at`` of the table ``sessions``."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def unheard(self) -> list[Unheard]:
        """List the sessions with the agents for which no call is recorded."""
        query = sa.select(
            *(sessions.c.id, sessions.c.connector_id, sessions.c.created_at),
            *(sessions.c.connected_at, sessions.c.silence_logged_at.is_not(None)),
        ).where(_is_unheard, sessions.c.connected_at.is_not(None))
        return [Unheard(*row) for row in await self._database.rows(query)]

    async def record(self, session_ids: Collection[str], *, at: float) -> None:
        """Record that the webhook was called.

        Args:
            session_ids: The sessions that had begun before.
            at: When, in seconds since the epoch.
        """
        heard = (
            sa.update(sessions)
            .where(sessions.c.id.in_(list(session_ids)), sessions.c.heard_at.is_(None))
            .values(heard_at=at)
        )
        await self._database.write(lambda connection: connection.execute(heard).rowcount)

    async def claim_log(self, session_id: str, *, at: float) -> bool:
        """Claim the log line about a session without events: one process writes it, once.

        Args:
            session_id: The session.
            at: Now, in seconds since the epoch.

        Returns:
            Whether the caller is to write it.
        """
        claimed = (
            sa.update(sessions)
            .where(
                sessions.c.id == session_id,
                sessions.c.heard_at.is_(None),
                sessions.c.silence_logged_at.is_(None),
            )
            .values(silence_logged_at=at)
        )
        return bool(
            await self._database.write(lambda connection: connection.execute(claimed).rowcount)
        )
