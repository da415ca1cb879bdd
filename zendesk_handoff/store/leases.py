"""Who works on a session: one process at a time, and another when that one is gone."""

from __future__ import annotations

import enum
import time
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OVER_NAMES, State
from zendesk_handoff.settings import Timeouts
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import (
    inbox,
    is_end_unnotified,
    is_open,
    is_undelivered,
    outbox,
    sessions,
)
from zendesk_handoff.store.sessions import topic

_OPENING = [State.REQUESTED.value, State.OPENING.value]
_WITH_AGENTS = [State.WAITING.value, State.ACTIVE.value]


class LeaseResult(enum.Enum):
    """What came of claiming a session.

    One that was taken over belonged to a process that is gone: what it had begun is in doubt.
    """

    REFUSED = enum.auto()
    GRANTED = enum.auto()
    TAKEN_OVER = enum.auto()


class Leases:
    """The owner columns of the table ``sessions``.

    Args:
        database: Where it is.
        owner: This process, 32 hexadecimal characters: what it claims, nobody else works on.
        lease: Seconds a claim holds without being renewed.
    """

    def __init__(self, database: Database, *, owner: str | None = None, lease: float = 10.0):
        """Name the owner."""
        self._database = database
        self.owner = owner or uuid.uuid4().hex
        self.lease = lease

    async def acquire(self, session_id: str) -> LeaseResult:
        """Make this process the one that works on a session, or stay it.

        Args:
            session_id: Which session.
        """
        now = self._database.now()

        def work(connection: Connection) -> LeaseResult:
            before = sa.select(sessions.c.lease_owner).where(sessions.c.id == session_id)
            if not self._database.is_sqlite:
                before = before.with_for_update()
            owner = (connection.execute(before)).scalar()
            result = connection.execute(
                sa.update(sessions)
                .where(sessions.c.id == session_id, self._free(now))
                .values(lease_owner=self.owner, lease_expires_at=now + self.lease)
            )
            if not result.rowcount:
                return LeaseResult.REFUSED
            return (
                LeaseResult.TAKEN_OVER if owner not in (None, self.owner) else LeaseResult.GRANTED
            )

        return await self._database.write(work)

    async def renew(self, session_id: str | None = None) -> set[str]:
        """Keep the claim on a session, or all claims, for another ``lease`` seconds.

        Args:
            session_id: Which session; without it all that are this process's.

        Returns:
            The sessions that are still this process's: others may have taken some over.
        """
        mine = sessions.c.lease_owner == self.owner
        if session_id:
            mine = sa.and_(mine, sessions.c.id == session_id)
        kept = sa.select(sessions.c.id).where(mine).order_by(sessions.c.id)
        if not self._database.is_sqlite:
            # An update takes its rows in any order: two at once would wait for each other.
            kept = kept.with_for_update(key_share=True)
        longer = (
            sa.update(sessions)
            .where(mine)
            .values(lease_expires_at=self._database.now() + self.lease)
        )

        def work(connection: Connection) -> set[str]:
            ids = {row.id for row in connection.execute(kept)}
            connection.execute(longer)
            return ids

        return await self._database.write(work)

    async def release_if_done(self, session_id: str) -> bool:
        """Give up the claim on a session that is over, told, and has nothing waiting.

        Returns:
            Whether that is so.
        """

        def none_new(table: sa.Table) -> Any:
            mine = (table.c.session_id == session_id, table.c.state == "new")
            return ~sa.select(table.c.id).where(*mine).exists()

        done = (
            sa.update(sessions)
            .where(sessions.c.id == session_id, sessions.c.lease_owner == self.owner)
            .where(
                sessions.c.state.in_(OVER_NAMES),
                sessions.c.end_notified,
                none_new(outbox),
                none_new(inbox),
            )
            .values(lease_owner=None, lease_expires_at=0)
        )

        def work(connection: Connection) -> bool:
            return bool(connection.execute(done).rowcount)

        return await self._database.write(work)

    async def release(self, session_id: str, *, wake: bool = True) -> None:
        """Give up the claim on a session.

        Args:
            session_id: Which session.
            wake: Whether whoever can go on with it is to do so at once.
        """
        mine = sa.and_(sessions.c.id == session_id, sessions.c.lease_owner == self.owner)
        await self._let_go(mine, wake=[topic(session_id)] if wake else [])

    async def release_all(self, *, but: Collection[str] = ()) -> None:
        """Give up the claims of this process.

        Args:
            but: Sessions whose claims are left to run out.
        """
        await self._let_go(
            sa.and_(sessions.c.lease_owner == self.owner, sessions.c.id.not_in(list(but)))
        )

    async def with_work(self) -> list[str]:
        """List the sessions that something is left to do for and that nobody else works on."""
        connected = sa.and_(sessions.c.state.in_(_WITH_AGENTS), ~sessions.c.start_notified)
        waiting = sa.union(
            # What was written while an opening failed is the bot's to answer.
            sa.select(outbox.c.session_id)
            .join(sessions, sessions.c.id == outbox.c.session_id)
            .where(
                sa.text("outbox.state <> 'done'"),
                outbox.c.state == "new",
                sa.or_(
                    sessions.c.state != State.FAILED.value, sessions.c.conversation_id.is_not(None)
                ),
            ),
            sa.select(inbox.c.session_id).where(is_undelivered, inbox.c.state == "new"),
            sa.select(sessions.c.id).where(
                is_end_unnotified,
                sa.or_(sessions.c.state.in_(OVER_NAMES), sessions.c.state.in_(_OPENING), connected),
            ),
        ).subquery()
        return await self._ids(sessions.c.id.in_(sa.select(waiting.c[0])))

    async def inactive(self, timeouts: Timeouts, *, now: float) -> list[str]:
        """List the sessions with agents in which some timeout may have run out.

        The rules are those of ``zendesk_handoff.patience``, which decides what is due.

        Args:
            timeouts: The settings.
            now: Seconds since the epoch.
        """
        row = sessions.c
        waiting = row.state == State.WAITING.value
        unasked = row.offered_at.is_(None)
        told = self._latest(row.connected_at, row.reminded_at)
        active = row.state == State.ACTIVE.value
        user, agent = self._latest(row.user_spoke_at), self._latest(row.agent_spoke_at)
        unanswered = user > agent
        rules = (
            (timeouts.waiting_end, row.connected_at, waiting),
            (timeouts.waiting_offer, row.connected_at, sa.and_(waiting, unasked)),
            (timeouts.waiting_reminder, told, sa.and_(waiting, unasked)),
            (timeouts.agent_silence_end, user, sa.and_(active, unanswered)),
            (
                timeouts.agent_silence_offer,
                user,
                sa.and_(active, unanswered, self._latest(row.offered_at) <= user),
            ),
            (timeouts.user_silence_end, agent, sa.and_(active, ~unanswered, agent > 0)),
        )
        due = [
            sa.and_(condition, since <= now - limit)
            for limit, since, condition in rules
            if limit is not None
        ]
        return await self._ids(is_end_unnotified, row.start_notified, sa.or_(*due)) if due else []

    async def claim_for_reconciliation(
        self, connector_ids: Collection[str], *, before: float, limit: int
    ) -> Sequence[str]:
        """Take open sessions that Zendesk has not been asked about for a while, oldest first.

        They count as asked about from now on: of several processes each takes others.

        Args:
            connector_ids: Through which Zendesk can be asked.
            before: Seconds since the epoch; those asked about later are left alone.
            limit: How many at the most.
        """
        due = (
            sa.select(sessions.c.id)
            .where(
                is_open,
                sessions.c.connector_id.in_(list(connector_ids)),
                sessions.c.connected_at.is_not(None),
                sessions.c.reconciled_at < before,
            )
            .order_by(sessions.c.reconciled_at)
            .limit(limit)
        )
        if not self._database.is_sqlite:
            due = due.with_for_update(skip_locked=True)

        def work(connection: Connection) -> Sequence[str]:
            ids = [row.id for row in connection.execute(due)]
            if ids:
                connection.execute(
                    sa.update(sessions)
                    .where(sessions.c.id.in_(ids))
                    .values(reconciled_at=time.time())
                )
            return ids

        return await self._database.write(work)

    def _latest(self, *columns: Any) -> Any:
        values = [sa.func.coalesce(column, 0.0) for column in columns]
        if len(values) == 1:
            return values[0]
        return sa.func.max(*values) if self._database.is_sqlite else sa.func.greatest(*values)

    def _free(self, now: Any) -> Any:
        return sa.or_(
            sessions.c.lease_owner.is_(None),
            sessions.c.lease_owner == self.owner,
            sessions.c.lease_expires_at < now,
        )

    async def _ids(self, *where: Any) -> list[str]:
        query = sa.select(sessions.c.id).where(*where, self._free(self._database.now()))
        return [row.id for row in await self._database.rows(query)]

    async def _let_go(self, which: Any, *, wake: Sequence[str] = ()) -> None:
        statement = sa.update(sessions).where(which).values(lease_owner=None, lease_expires_at=0)

        def work(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(work, wake=wake)
