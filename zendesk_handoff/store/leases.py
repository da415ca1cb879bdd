"""Leases: one process at a time works on a session; when it dies, another takes the lease over."""

from __future__ import annotations

import enum
import time
import uuid
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OVER_NAMES
from zendesk_handoff.settings import TAKEOVER_AFTER, Timeouts
from zendesk_handoff.store.due import has_work, may_be_inactive
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import inbox, is_open, outbox, sessions
from zendesk_handoff.store.topics import session_topic


class LeaseResult(enum.Enum):
    """The result of acquiring a session.

    ``TAKEN_OVER`` means that the lease of another process had expired: that process is gone, and
    the outcome of the call that it had begun is unknown.
    """

    REFUSED = enum.auto()
    GRANTED = enum.auto()
    TAKEN_OVER = enum.auto()


class Leases:
    """The lease columns of the table ``sessions``.

    Args:
        database: The database with the table.
        owner: The id of this process, 32 hexadecimal characters.
        lease: Seconds until a lease expires that is not renewed.
    """

    def __init__(
        self, database: Database, *, owner: str | None = None, lease: float = TAKEOVER_AFTER
    ) -> None:
        """Use a database, as the process ``owner``."""
        self._database = database
        self.owner = owner or uuid.uuid4().hex
        self.lease = lease

    async def acquire(self, session_id: str) -> LeaseResult:
        """Acquire the lease of a session, or renew it if this process has it.

        Args:
            session_id: The session's id.
        """
        now = self._database.now()

        def work(connection: Connection) -> LeaseResult:
            holder = sa.select(sessions.c.lease_owner).where(sessions.c.id == session_id)
            if not self._database.is_sqlite:
                holder = holder.with_for_update()
            before = connection.execute(holder).scalar()
            result = connection.execute(
                sa.update(sessions)
                .where(sessions.c.id == session_id, self._free(now))
                .values(lease_owner=self.owner, lease_expires_at=now + self.lease)
            )
            if not result.rowcount:
                return LeaseResult.REFUSED
            mine = before in (None, self.owner)
            return LeaseResult.GRANTED if mine else LeaseResult.TAKEN_OVER

        return await self._database.write(work)

    async def renew(self, session_id: str | None = None) -> set[str]:
        """Renew the lease of a session, or all leases of this process.

        Args:
            session_id: The session's id; all sessions of this process by default.

        Returns:
            The ids of the sessions that are renewed; others may have been taken over.
        """
        mine = sessions.c.lease_owner == self.owner
        if session_id:
            mine = sa.and_(mine, sessions.c.id == session_id)
        renewed = sa.select(sessions.c.id).where(mine).order_by(sessions.c.id)
        if not self._database.is_sqlite:
            # An update locks its rows in any order: two at once would block each other.
            renewed = renewed.with_for_update(key_share=True)
        extend = (
            sa.update(sessions)
            .where(mine)
            .values(lease_expires_at=self._database.now() + self.lease)
        )

        def work(connection: Connection) -> set[str]:
            ids = {row.id for row in connection.execute(renewed)}
            connection.execute(extend)
            return ids

        return await self._database.write(work)

    async def release_if_done(self, session_id: str) -> bool:
        """Release a session that is over, with the end notified and all messages delivered.

        Returns:
            Whether it was released.
        """

        def none_undelivered(table: sa.Table) -> Any:
            mine = (table.c.session_id == session_id, table.c.state == "new")
            return ~sa.select(table.c.id).where(*mine).exists()

        done = (
            sa.update(sessions)
            .where(sessions.c.id == session_id, sessions.c.lease_owner == self.owner)
            .where(
                sessions.c.state.in_(OVER_NAMES),
                sessions.c.end_notified,
                none_undelivered(outbox),
                none_undelivered(inbox),
            )
            .values(lease_owner=None, lease_expires_at=0)
        )

        def work(connection: Connection) -> bool:
            return bool(connection.execute(done).rowcount)

        return await self._database.write(work)

    async def release(self, session_id: str, *, wake: bool = True) -> None:
        """Release a session.

        Args:
            session_id: The session's id.
            wake: Whether to notify the other processes, so that one acquires it at once.
        """
        mine = sa.and_(sessions.c.id == session_id, sessions.c.lease_owner == self.owner)
        await self._release(mine, wake=[session_topic(session_id)] if wake else [])

    async def release_all(self, *, but: Collection[str] = ()) -> None:
        """Release all sessions of this process.

        Args:
            but: Sessions whose leases are left to expire.
        """
        await self._release(
            sa.and_(sessions.c.lease_owner == self.owner, sessions.c.id.not_in(list(but)))
        )

    async def with_work(self) -> list[str]:
        """List the sessions with work left that this process has, or could acquire."""
        return await self._ids(has_work())

    async def inactive(self, timeouts: Timeouts, *, now: float) -> list[str]:
        """List the sessions with agents in which a timeout may have passed.

        Args:
            timeouts: The settings.
            now: Seconds since the epoch.
        """
        if (condition := may_be_inactive(timeouts, now=now, latest=self._latest)) is None:
            return []
        return await self._ids(condition)

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
        return (sa.func.max if self._database.is_sqlite else sa.func.greatest)(*columns)

    def _free(self, now: Any) -> Any:
        return sa.or_(
            sessions.c.lease_owner.is_(None),
            sessions.c.lease_owner == self.owner,
            sessions.c.lease_expires_at < now,
        )

    async def _ids(self, *where: Any) -> list[str]:
        query = sa.select(sessions.c.id).where(*where, self._free(self._database.now()))
        return [row.id for row in await self._database.rows(query)]

    async def _release(self, which: Any, *, wake: Sequence[str] = ()) -> None:
        statement = sa.update(sessions).where(which).values(lease_owner=None, lease_expires_at=0)

        def work(connection: Connection) -> None:
            connection.execute(statement)

        await self._database.write(work, wake=wake)
