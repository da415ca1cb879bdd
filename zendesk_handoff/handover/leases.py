"""The session leases of this process: acquired in the store, and kept by renewal."""

from __future__ import annotations

import time

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.store import Store
from zendesk_handoff.store.leases import LeaseResult


class ProcessLeases:
    """The leases of this process.

    A session whose outcome is unknown may have a message at Zendesk that the store has no record
    of: the process that posted it died, or did not get the response. Its lease is never released
    early but expires, so that the process that takes it over knows that it must look for the
    message.

    Args:
        store: The store that records the leases.
    """

    def __init__(self, store: Store) -> None:
        """Start without any lease."""
        self._leases = store.leases
        self._until: dict[str, float] = {}
        self._outcome_unknown: set[str] = set()

    async def acquire(self, session_id: str) -> bool:
        """Acquire the lease on a session, unless this process has it already.

        Args:
            session_id: The session.

        Returns:
            Whether this process may work on the session now.

        Raises:
            StoreUnavailable: The store did not answer.
        """
        if self._until.get(session_id, 0.0) > time.monotonic():
            return True
        asked_at = time.monotonic()
        try:
            result = await self._leases.acquire(session_id)
        except StoreUnavailable:
            # The lease may be ours nevertheless, taken over from a process that died.
            self._outcome_unknown.add(session_id)
            raise
        if result is LeaseResult.REFUSED:
            self._until.pop(session_id, None)
            return False
        if result is LeaseResult.TAKEN_OVER:
            self._outcome_unknown.add(session_id)
        self._until[session_id] = asked_at + self._leases.lease
        return True

    def is_outcome_unknown(self, session_id: str) -> bool:
        """Check whether a message may have been posted without a record in the store."""
        return session_id in self._outcome_unknown

    def mark_unknown(self, session_id: str) -> None:
        """Record that a message may have been posted without a record in the store."""
        self._outcome_unknown.add(session_id)

    def confirm(self, session_id: str) -> None:
        """Record that the store knows the outcome again."""
        self._outcome_unknown.discard(session_id)

    async def release_if_done(self, session_id: str) -> None:
        """Release a session if nothing is left to do for it, in either direction."""
        if session_id in self._until and await self._leases.release_if_done(session_id):
            self._until.pop(session_id, None)

    async def release(self, session_id: str) -> None:
        """Release a session to a process that can work on it.

        A lease with an unknown outcome is left to expire.
        """
        self._until.pop(session_id, None)
        if session_id not in self._outcome_unknown:
            await self._leases.release(session_id, wake=False)

    async def release_all(self) -> None:
        """Release every session, except for leases with an unknown outcome, which expire."""
        await self._leases.release_all(but=self._outcome_unknown)

    async def renew(self) -> None:
        """Extend all leases; one that has expired is acquired again when it is needed.

        Raises:
            StoreUnavailable: No lease could be renewed.
        """
        if not self._until:
            return
        renewed_at = time.monotonic()
        renewed = await self._leases.renew()
        # A session that another process has taken over is not in the result.
        self._until = {
            each: renewed_at + self._leases.lease for each in self._until if each in renewed
        }
