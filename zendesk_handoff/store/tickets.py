"""Tickets whose fields are to be set after a handover: the column ``ticket_due_at``."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import Session
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import has_ticket_to_set, sessions
from zendesk_handoff.store.session_rows import all_sessions, read_session


class Tickets:
    """The tickets of sessions in the table ``sessions``.

    Args:
        database: The database with the table.
    """

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def claim(
        self, connector_ids: Collection[str], *, now: float, again_at: float, limit: int
    ) -> list[Session]:
        """Claim sessions whose tickets are due: no other process gets them before ``again_at``.

        Args:
            connector_ids: The connectors that can set fields.
            now: In seconds since the epoch.
            again_at: When they are due again, unless they are finished.
            limit: The number of sessions, at most.
        """
        due = (
            has_ticket_to_set,  # as its index has it
            sessions.c.ticket_due_at <= now,
            sessions.c.connector_id.in_(list(connector_ids)),
        )
        query = all_sessions.where(*due).order_by(sessions.c.ticket_due_at).limit(limit)
        if not await self._database.rows(query):
            return []  # without a write, which is what most looks find

        def work(connection: Connection) -> list[Session]:
            claimed = []
            for session in map(read_session, connection.execute(query).all()):
                taken = sa.update(sessions).where(sessions.c.id == session.id, *due)
                if connection.execute(taken.values(ticket_due_at=again_at)).rowcount:
                    claimed.append(session)
            return claimed

        return await self._database.write(work)

    async def finish(self, session_id: str, *, claimed_until: float) -> None:
        """Record that nothing is left to set, unless something has been added since the claim.

        Args:
            session_id: The session's id.
            claimed_until: The ``again_at`` of the claim.
        """
        this = (sessions.c.id == session_id, sessions.c.ticket_due_at == claimed_until)
        done = sa.update(sessions).where(*this).values(ticket_due_at=None)
        await self._database.write(lambda connection: connection.execute(done).rowcount)
