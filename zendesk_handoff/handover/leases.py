"""Which sessions this process works on: claimed in the store, and kept by renewing the lease."""

from __future__ import annotations

import time

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.store import Store
from zendesk_handoff.store.leases import LeaseResult


class ProcessLeases:
    """The claims of this process.

    Args:
        store: Where they are recorded.
    """

    def __init__(self, store: Store) -> None:
        """Own nothing yet."""
        self._leases = store.leases
        self._until: dict[str, float] = {}
        self._outcome_unknown: set[str] = set()

    async def acquire(self, session_id: str) -> bool:
        """Claim a session, or find that it is ours already.

        Args:
            session_id: Which session.

        Returns:
            Whether this process may work on it now.
        """
        if self._until.get(session_id, 0.0) > time.monotonic():
            return True
        asked_at = time.monotonic()
        try:
            claim = await self._leases.acquire(session_id)
        except StoreUnavailable:
            # It may be ours all the same, taken over from a process that is gone.
            self._outcome_unknown.add(session_id)
            raise
        if claim is LeaseResult.REFUSED:
            self._until.pop(session_id, None)
            return False
        if claim is LeaseResult.TAKEN_OVER:
            self._outcome_unknown.add(session_id)
        self._until[session_id] = asked_at + self._leases.lease
        return True

    def is_outcome_unknown(self, session_id: str) -> bool:
        """Tell whether a process that is gone may have posted something without noting it."""
        return session_id in self._outcome_unknown

    def confirm(self, session_id: str) -> None:
        """Note that the doubt is settled."""
        self._outcome_unknown.discard(session_id)

    def mark_unknown(self, session_id: str) -> None:
        """Note that something may have been posted without being noted."""
        self._outcome_unknown.add(session_id)

    async def release(self, session_id: str) -> None:
        """Give a session up, if nothing is left to do for it in either lane."""
        if session_id in self._until and await self._leases.release_if_done(session_id):
            self._until.pop(session_id, None)

    async def release_unless_unknown(self, session_id: str) -> None:
        """Leave a session to a process that can do all there is to do for it.

        Where a message is in doubt the claim is left to run out, as with ``release_all``.
        """
        self._until.pop(session_id, None)
        if session_id not in self._outcome_unknown:
            await self._leases.release(session_id, wake=False)

    async def release_all(self) -> None:
        """Give up everything, for whoever comes next.

        Where a message is in doubt the claim is left to run out: whoever takes over then knows of
        the doubt.
        """
        await self._leases.release_all(but=self._outcome_unknown)

    async def renew(self) -> None:
        """Keep what is claimed for another lease; what has run out is asked for again.

        Raises:
            StoreUnavailable: Nothing could be renewed.
        """
        if not self._until:
            return
        renewed_at = time.monotonic()
        kept = await self._leases.renew()
        # What another process has taken over meanwhile is not ours any more.
        self._until = {
            each: renewed_at + self._leases.lease for each in self._until if each in kept
        }
