"""Reports for operators: sessions with their undelivered messages, and figures for metrics.

They contain no text of messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OPEN_NAMES, WITH_AGENTS_NAMES, Session, State
from zendesk_handoff.errors import SessionNotFound
from zendesk_handoff.metrics import Queue, StoreFigures
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import (
    inbox,
    is_undelivered_in_inbox,
    is_undelivered_in_outbox,
    outbox,
    sessions,
)
from zendesk_handoff.store.session_rows import all_sessions, read_session


@dataclass(frozen=True)
class SessionStatus:
    """A session, and the state of its messages.

    Args:
        session: The session.
        last_activity: The time of the last message or event, in seconds since the epoch.
        to_agent: Number of the user's messages that wait for Zendesk.
        to_user: Number of Zendesk's events that wait for the user.
        refused: Number of the user's messages that Zendesk has refused.
        dead_letters: Number of events that could not be read.
        error: The error of the last refused message, in Zendesk's words.
        unheard_since: When control was passed to the agents, if the webhook was not called since.
    """

    session: Session
    last_activity: float
    to_agent: int = 0
    to_user: int = 0
    refused: int = 0
    dead_letters: int = 0
    error: str | None = None
    unheard_since: float | None = None


class Reports:
    """Queries across all sessions."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def find(self, prefix: str) -> Session:
        """Find a session by its id, or by the beginning of it.

        Args:
            prefix: Hexadecimal characters.

        Raises:
            SessionNotFound: No id begins with the prefix, or several do.
        """
        found = []
        if prefix and all(letter in "0123456789abcdef" for letter in prefix):
            query = all_sessions.where(sessions.c.id.startswith(prefix)).limit(2)
            found = await self._database.rows(query)
        if len(found) != 1:
            raise SessionNotFound(prefix, several=len(found) > 1)
        return read_session(found[0])

    async def statuses(self, *, limit: int = 20, every: bool = False) -> list[SessionStatus]:
        """List all open sessions, then recent ones that are over, each newest first.

        Args:
            limit: Largest number of sessions that are over.
            every: Whether to list all of these, whatever the limit.
        """
        newest = sessions.c.created_at.desc()
        is_open = sessions.c.state.in_(OPEN_NAMES)
        over = all_sessions.where(~is_open).order_by(newest)

        def work(connection: Connection) -> list[SessionStatus]:
            rows = connection.execute(all_sessions.where(is_open).order_by(newest)).all()
            rows += connection.execute(over if every else over.limit(limit)).all()
            found = [read_session(row) for row in rows]
            return _with_messages(connection, found)

        return await self._database.read(work)

    async def counts(self) -> StoreFigures:
        """Count sessions, and their undelivered messages by connector."""
        by = (sessions.c.connector_id, sessions.c.state, sessions.c.end_reason)
        grouped = sa.select(*by, sa.func.count()).group_by(*by)
        # Messages written while an opening failed are for the bot: they are not undelivered.
        connected = sessions.c.state != State.FAILED.value

        def work(connection: Connection) -> StoreFigures:
            rows = connection.execute(grouped).all()
            return StoreFigures(
                {(row[0], row[1], row[2] or ""): row[3] for row in rows},
                _queues(connection, outbox, is_undelivered_in_outbox, connected),
                _queues(connection, inbox, is_undelivered_in_inbox, sa.true()),
            )

        return await self._database.read(work)


def _count(table: sa.Table, *states: str) -> Any:
    return sa.func.coalesce(sa.func.sum(sa.case((table.c.state.in_(states), 1), else_=0)), 0)


def _queues(connection: Connection, table: sa.Table, undelivered: Any, counted: Any) -> list[Queue]:
    oldest = sa.func.min(sa.case((table.c.state == "new", table.c.created_at)))
    query = (
        sa.select(
            sessions.c.connector_id,
            _count(table, "new"),
            oldest,
            _count(table, "failed", "dead"),
        )
        .select_from(table.join(sessions, sessions.c.id == table.c.session_id))
        .where(undelivered, counted)
        .group_by(sessions.c.connector_id)
    )
    rows = connection.execute(query).all()
    return [Queue(row[0], int(row[1]), row[2], int(row[3])) for row in rows]


def _with_messages(connection: Connection, found: list[Session]) -> list[SessionStatus]:
    ids = [session.id for session in found]
    sent = _by_session(connection, outbox, ids)
    received = _by_session(connection, inbox, ids)
    problems = sa.select(outbox.c.session_id, outbox.c.error).where(
        outbox.c.session_id.in_(ids), outbox.c.state == "failed"
    )
    rows = connection.execute(problems.order_by(outbox.c.id))
    errors: dict[str, str] = {row[0]: row[1] for row in rows}  # the last error of each session
    unheard = sa.select(sessions.c.id, sessions.c.connected_at).where(
        sessions.c.id.in_(ids),
        sessions.c.heard_at.is_(None),
        sessions.c.state.in_(WITH_AGENTS_NAMES),
    )
    unheard_since = {row[0]: row[1] for row in connection.execute(unheard)}
    statuses = []
    for session in found:
        out, into = sent.get(session.id), received.get(session.id)
        times = [session.created_at, session.connected_at, session.ended_at]
        times += [row.latest for row in (out, into) if row]
        statuses.append(
            SessionStatus(
                session,
                last_activity=max(time for time in times if time is not None),
                to_agent=int(out.waiting) if out else 0,
                to_user=int(into.waiting) if into else 0,
                refused=int(out.failed) if out else 0,
                dead_letters=int(into.failed) if into else 0,
                error=errors.get(session.id),
                unheard_since=unheard_since.get(session.id),
            )
        )
    return statuses


def _by_session(connection: Connection, table: sa.Table, ids: list[str]) -> dict[str, Any]:
    query = (
        sa.select(
            table.c.session_id,
            _count(table, "new").label("waiting"),
            _count(table, "failed", "dead").label("failed"),
            sa.func.max(sa.func.coalesce(table.c.done_at, table.c.created_at)).label("latest"),
        )
        .where(table.c.session_id.in_(ids))
        .group_by(table.c.session_id)
    )
    return {row.session_id: row for row in connection.execute(query)}
