"""Leases: one process at a time works on a session; when it dies, another takes the lease over."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Collection
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.settings import TAKEOVER_AFTER
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import inbox, outbox, sessions


class Leased(NamedTuple):
    """A table whose rows processes lease, and what waits for each row.

    Attributes:
        id: The column by which rows are named.
        queues: The columns by which queues name the row that their entries wait for.
    """

    id: Any
    queues: tuple[Any, ...]


#: A session, with what waits for the agents and for the user.
SESSIONS = Leased(sessions.c.id, (outbox.c.session_id, inbox.c.session_id))


class Leases:
    """The leases of this process: columns of a table, and what it knows of them.

    A session whose outcome is unknown may have a message at Zendesk that the store has no record
    of: the process that posted it died, or did not get the response. Its lease is never released
    early but expires, so that the process that takes it over knows that it must look for the
    message.

    Args:
        database: The database with the table.
        owner: The id of this process, 32 hexadecimal characters.
        lease: Seconds until a lease expires that is not renewed.
        leased: The table; by default that of the sessions, of which the methods speak.
    """

    def __init__(
        self,
        database: Database,
        *,
        owner: str | None = None,
        lease: float = TAKEOVER_AFTER,
        leased: Leased = SESSIONS,
    ) -> None:
        """Start without any lease, as the process ``owner``."""
        self._database = database
        self._id, self._queues = leased
        self._table = self._id.table
        self.owner = owner or uuid.uuid4().hex
        self.lease = lease
        self._until: dict[str, float] = {}  # by session, on the monotonic clock
        self._outcome_unknown: set[str] = set()
        # An acquisition and a release of the same session do not overtake each other.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def is_held(self, session_id: str) -> bool:
        """Tell whether this process has the lease of a session, without asking the store.

        Args:
            session_id: The session's id.
        """
        return self._until.get(session_id, 0.0) > time.monotonic()

    async def acquire(self, session_id: str) -> bool:
        """Acquire the lease of a session, unless this process has it already.

        Args:
            session_id: The session's id.

        Returns:
            Whether this process may work on the session now.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        if self.is_held(session_id):
            return True
        async with self._lock(session_id):
            asked_at = time.monotonic()
            try:
                former, is_granted = await self._database.write(
                    lambda connection: self._acquire(connection, session_id)
                )
            except StoreUnavailable:
                # The lease may be ours nevertheless, taken over from a process that died.
                self.mark_unknown(session_id)
                raise
            if not is_granted:
                self._until.pop(session_id, None)
                return False
            if former not in (None, self.owner):
                # That process is gone, and the outcome of the call that it had begun is unknown.
                self.mark_unknown(session_id)
            self._until[session_id] = asked_at + self.lease
            return True

    async def renew(self) -> set[str]:
        """Extend all leases; one that has expired is acquired again when it is needed.

        Returns:
            The ids of the sessions that are renewed; others have been taken over.

        Raises:
            StoreUnavailable: No lease could be renewed.
        """
        if not self._until:
            return set()
        renewed_at, asked = time.monotonic(), set(self._until)
        # A lease that is left to expire is not extended.
        expiring = self._outcome_unknown - asked
        renewed = await self._database.write(
            lambda connection: self._renew(connection, but=expiring)
        )
        for session_id in asked & self._until.keys():
            if session_id in renewed:
                self._until[session_id] = renewed_at + self.lease
            else:
                del self._until[session_id]
        return renewed

    async def release(self, session_id: str) -> None:
        """Release a session, if this process has its lease and knows every outcome.

        Args:
            session_id: The session's id.
        """
        has_lease = self._until.pop(session_id, None) is not None
        if has_lease and session_id not in self._outcome_unknown:
            async with self._lock(session_id):
                await self._release(self._id == session_id)

    async def release_done(self, session_id: str) -> None:
        """Release a session for which nothing is left to do, unless something was stored meanwhile.

        Args:
            session_id: The session's id.
        """
        until = self._until.pop(session_id, None)
        if until is None:
            return
        self.confirm(session_id)  # nothing waits, so no outcome is unknown
        async with self._lock(session_id):
            nothing_waits = [_none_waits(queue, session_id) for queue in self._queues]
            if not await self._release(self._id == session_id, *nothing_waits):
                self._until[session_id] = until

    async def release_all(self) -> None:
        """Release every session, except for leases with an unknown outcome, which expire."""
        self._until.clear()
        await self._release(self._id.not_in(list(self._outcome_unknown)))

    def is_outcome_unknown(self, session_id: str) -> bool:
        """Check whether a message may have been posted without a record in the store."""
        return session_id in self._outcome_unknown

    def mark_unknown(self, session_id: str) -> None:
        """Record that a message may have been posted without a record in the store."""
        self._outcome_unknown.add(session_id)

    def confirm(self, session_id: str) -> None:
        """Record that the store knows the outcome again."""
        self._outcome_unknown.discard(session_id)

    def is_available(self) -> Any:
        """Build the condition that this process has the lease of a session, or could acquire it."""
        return sa.or_(
            self._table.c.lease_owner.is_(None),
            self._table.c.lease_owner == self.owner,
            self._table.c.lease_expires_at < self._database.now(),
        )

    def _acquire(self, connection: Connection, session_id: str) -> tuple[str | None, bool]:
        """Return the former owner, and whether the lease is granted."""
        this = self._id == session_id
        former = sa.select(self._table.c.lease_owner).where(this).with_for_update()
        owner = connection.execute(former).scalar()
        granting = (
            sa.update(self._table)
            .where(this, self.is_available())
            .values(lease_owner=self.owner, lease_expires_at=self._database.now() + self.lease)
        )
        return owner, bool(connection.execute(granting).rowcount)

    def _renew(self, connection: Connection, *, but: Collection[str]) -> set[str]:
        mine = sa.and_(self._table.c.lease_owner == self.owner, self._id.not_in(list(but)))
        # An update locks its rows in any order: two at once would block each other.
        ordered = sa.select(self._id).where(mine).order_by(self._id)
        ids = {row[0] for row in connection.execute(ordered.with_for_update(key_share=True))}
        expires_at = self._database.now() + self.lease
        connection.execute(sa.update(self._table).where(mine).values(lease_expires_at=expires_at))
        return ids

    async def _release(self, *which: Any) -> bool:
        """Release sessions of this process, and tell whether there was one."""
        statement = (
            sa.update(self._table)
            .where(self._table.c.lease_owner == self.owner, *which)
            .values(lease_owner=None, lease_expires_at=0)
        )

        def work(connection: Connection) -> bool:
            return bool(connection.execute(statement).rowcount)

        return await self._database.write(work)

    def _lock(self, session_id: str) -> asyncio.Lock:
        return self._locks.setdefault(session_id, asyncio.Lock())


def _none_waits(queue: Any, session_id: str) -> Any:
    waiting = (queue == session_id, queue.table.c.state == "new")
    return ~sa.select(queue.table.c.id).where(*waiting).exists()
