"""How long users have waited for an agent lately."""

from __future__ import annotations

import sqlalchemy as sa

from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.waits import DAYS, Wait, usual_wait
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import sessions

#: Handovers that are read, the newest first.
_MOST = 2000


class Waits:
    """The waits in the table ``sessions``.

    Args:
        database: The database with the table.
    """

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def usual(self, session: Session, *, now: float) -> float | None:
        """Return how long users of a connector usually wait at this hour of the day.

        Args:
            session: The handover of the user who is to know it; it does not count itself.
            now: Seconds since the epoch.

        Returns:
            The seconds; ``None`` where there is nothing to say.
        """
        query = (
            sa.select(sessions.c.connected_at, sessions.c.answered_at, sessions.c.ended_at)
            .where(
                sessions.c.connector_id == session.connector_id,
                sessions.c.connected_at > now - DAYS * 24 * 3600,
                sessions.c.id != session.id,
                sessions.c.message.is_(None),
            )
            .order_by(sessions.c.connected_at.desc())
            .limit(_MOST)
        )
        rows = await self._database.rows(query)
        return usual_wait((Wait(*row) for row in rows), now=now)
