"""The sessions that are to be looked at, and what waits for each."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.outbox import OF_THE_PLUGIN
from zendesk_handoff.domain.session import (
    BY_ZENDESK_NAMES,
    OPENING_NAMES,
    OVER_NAMES,
    WITH_AGENTS_NAMES,
    Session,
    State,
    Work,
)
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import (
    inbox,
    is_end_unnotified,
    is_open,
    is_undelivered,
    is_undelivered_in_outbox,
    outbox,
    sessions,
)
from zendesk_handoff.store.engine.statement import Statement
from zendesk_handoff.store.leases import Leases
from zendesk_handoff.store.session_rows import all_sessions, read_session

#: Of a session that has failed, or that the agents have ended, they get the plugin's own notes; the
#: bot answers what the user wrote.
_kind = outbox.c.body["type"].as_string()
_is_for_agents = sa.or_(
    sa.and_(sessions.c.state != State.FAILED.value, sessions.c.state != State.ENDED.value),
    sa.and_(
        sessions.c.state == State.ENDED.value,
        *(sa.func.coalesce(sessions.c.end_reason, "") != name for name in BY_ZENDESK_NAMES),
    ),
    *(_kind == name for name in sorted(OF_THE_PLUGIN)),
)
_UNSENT_SINCE = (
    sa.select(sa.func.min(outbox.c.created_at))
    .where(outbox.c.session_id == sessions.c.id, outbox.c.state == "new", _is_for_agents)
    .scalar_subquery()
)
_HAS_EVENTS = (
    sa.select(inbox.c.id)
    .where(inbox.c.session_id == sessions.c.id, inbox.c.state == "new")
    .exists()
)
_WORK = Statement(
    all_sessions.add_columns(
        _UNSENT_SINCE.label("unsent_since"), _HAS_EVENTS.label("has_events")
    ).where(sessions.c.id == sa.bindparam("session"))
)

_SET_DEADLINE = Statement(
    sa.update(sessions)
    .where(
        sessions.c.id == sa.bindparam("session"),
        sa.or_(
            sessions.c.next_deadline == sa.bindparam("recorded"),
            sessions.c.next_deadline > sa.bindparam("deadline"),
        ),
    )
    .values(next_deadline=sa.bindparam("deadline"))
)
#: Sessions that are read at once.
_CHUNK = 500


class WorkTable:
    """What of the table ``sessions``, the outbox and the inbox tells which sessions have work.

    Args:
        database: The database with the tables.
        leases: The leases of this process.
    """

    def __init__(self, database: Database, leases: Leases) -> None:
        """Use a database, as the process with these leases."""
        self._database = database
        self._leases = leases

    async def load(self, session_id: str) -> Work | None:
        """Read a session with what waits for it.

        Args:
            session_id: The session's id.
        """
        row = await self._database.read(
            lambda connection: _WORK.first(connection, session=session_id)
        )
        if row is None:
            return None
        return Work(read_session(row), row.unsent_since, bool(row.has_events))

    async def find(self, *, now: float) -> list[str]:
        """List the sessions to look at that this process has, or could acquire.

        Args:
            now: Seconds since the epoch.
        """
        query = sa.select(sessions.c.id).where(_may_have_work(now), self._leases.is_available())
        return [row.id for row in await self._database.rows(query)]

    async def set_deadlines(self, deadlines: Sequence[tuple[Session, float]]) -> None:
        """Record when the inactivity rules of sessions are to be looked at again.

        Args:
            deadlines: Sessions as last read, and their deadlines in seconds since the epoch. An
                earlier one that was recorded meanwhile is kept.
        """
        rows = [
            {"session": session.id, "recorded": session.next_deadline, "deadline": deadline}
            for session, deadline in sorted(deadlines, key=lambda pair: pair[0].id)
        ]

        def work(connection: Connection) -> None:
            _SET_DEADLINE.run(connection, rows)

        await self._database.write(work)

    async def unfinished(self) -> AsyncIterator[list[Session]]:
        """Read the sessions whose end is not notified, a few hundred at a time."""
        rows = await self._database.rows(sa.select(sessions.c.id).where(is_end_unnotified))
        ids = [row.id for row in rows]
        for start in range(0, len(ids), _CHUNK):
            query = all_sessions.where(sessions.c.id.in_(ids[start : start + _CHUNK]))
            yield [read_session(row) for row in await self._database.rows(query)]

    async def claim_for_reconciliation(
        self, connector_ids: Collection[str], *, before: float, limit: int
    ) -> Sequence[str]:
        """Claim open sessions for a reconciliation with Zendesk, the longest overdue first.

        They count as reconciled from now on, so that several processes claim different ones.

        Args:
            connector_ids: The connectors that this process can call.
            before: Seconds since the epoch; sessions reconciled later are left out.
            limit: Largest number of sessions.
        """
        overdue = (
            sa.select(sessions.c.id)
            .where(
                is_open,
                sessions.c.connector_id.in_(list(connector_ids)),
                sessions.c.connected_at.is_not(None),
                sessions.c.reconciled_at < before,
            )
            .order_by(sessions.c.reconciled_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )

        def work(connection: Connection) -> Sequence[str]:
            ids = [row.id for row in connection.execute(overdue)]
            if ids:
                connection.execute(
                    sa.update(sessions)
                    .where(sessions.c.id.in_(ids))
                    .values(reconciled_at=time.time())
                )
            return ids

        return await self._database.write(work)


def _may_have_work(now: float) -> Any:
    """Build the condition that something may be due: ``handover.due`` decides."""
    connected = sa.and_(sessions.c.state.in_(WITH_AGENTS_NAMES), ~sessions.c.start_notified)
    with_work = sa.union(
        # Messages written while an opening failed are for the bot, not for the agents.
        sa.select(outbox.c.session_id)
        .join(sessions, sessions.c.id == outbox.c.session_id)
        .where(
            is_undelivered_in_outbox,
            outbox.c.state == "new",
            sa.or_(sessions.c.state != State.FAILED.value, sessions.c.conversation_id.is_not(None)),
        ),
        sa.select(inbox.c.session_id).where(is_undelivered, inbox.c.state == "new"),
        sa.select(sessions.c.id).where(
            is_end_unnotified,
            sa.or_(
                sessions.c.state.in_(OVER_NAMES), sessions.c.state.in_(OPENING_NAMES), connected
            ),
        ),
        sa.select(sessions.c.id).where(is_end_unnotified, sessions.c.next_deadline <= now),
    ).subquery()
    return sessions.c.id.in_(sa.select(with_work.c[0]))
