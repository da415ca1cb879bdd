"""Ratings of sessions by their users."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.ratings import RATING_TAG
from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.ticket import Ticket, join
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.session_rows import all_sessions, read_session


class Ratings:
    """The ratings in the table ``sessions``.

    Args:
        database: The database with the table.
    """

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def last_asked(self, sender_id: str, *, since: float) -> Session | None:
        """Find the session for which a sender was last asked for a rating.

        Args:
            sender_id: Rasa's id of the user.
            since: Seconds since the epoch; earlier questions are not looked at.
        """
        query = (
            all_sessions.where(
                sessions.c.sender_id == sender_id, sessions.c.rating_asked_at >= since
            )
            .order_by(sessions.c.created_at.desc())
            .limit(1)
        )
        row = await self._database.row(query)
        return None if row is None else read_session(row)

    async def rate(self, session_id: str, rating: int, *, sets_tag: bool = False) -> bool:
        """Record a user's rating; the first one is kept.

        Args:
            session_id: The session's id.
            rating: From 1 to 5.
            sets_tag: Whether the ticket is to get a tag with it.

        Returns:
            Whether it was recorded.
        """
        this = sa.and_(sessions.c.id == session_id, sessions.c.rating.is_(None))

        def work(connection: Connection) -> bool:
            columns = (sessions.c.ticket, sessions.c.ticket_due_at)
            row = connection.execute(sa.select(*columns).where(this)).first()
            if row is None:
                return False
            values: dict[str, Any] = {"rating": rating}
            now = time.time()
            if sets_tag:
                # Fields that are set already are the agents': they may have changed them since.
                is_set = row.ticket_due_at is None
                before = Ticket() if is_set else Ticket.from_json(row.ticket)
                ticket = join([before, Ticket(tags=(f"{RATING_TAG}{rating}",))])
                values |= {"ticket": ticket.to_json(), "ticket_due_at": now, "ticket_since": now}
            return bool(connection.execute(sa.update(sessions).where(this).values(values)).rowcount)

        return await self._database.write(work)
