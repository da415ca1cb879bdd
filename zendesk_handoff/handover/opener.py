"""The opener: takes requests for a session up, and finishes openings of processes that died."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.errors import HandoffError, LeaseLost, StoreUnavailable
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.logs import describe_error
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

#: Seconds that an opening has at least: one that is taken over begins late, and the clock of the
#: machine that wrote the request may differ.
_LEAST_TIME = 3.0


class Opener:
    """Opens sessions in the Rasa server, within the time that a user waits.

    The waiting message holds Rasa's lock on the conversation until the action has answered. The
    opener never takes that lock: it would wait for its own outcome.

    Args:
        store: The store.
        settings: The plugin's settings.
        clients: The Conversations API clients.
        leases: The session leases of this process.
        is_in_hand: Tells whether this process handles a message of a sender at this moment.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clients: Clients,
        leases: ProcessLeases,
        is_in_hand: Callable[[str], bool],
    ) -> None:
        """Keep the collaborators."""
        self._store = store
        self._settings = settings
        self._clients = clients
        self._leases = leases
        self._is_in_hand = is_in_hand

    async def run(self, session: Session) -> Session:
        """Open a session, if this process is the one to do it.

        Args:
            session: The session, ``requested`` or ``opening``.

        Returns:
            The session afterwards; as it was if another process is to open it.

        Raises:
            LeaseLost: Another process has taken the opening over.
            StoreUnavailable: A step could not be recorded; it is tried again.
        """
        if session.state is State.REQUESTED and not self._is_in_hand(session.sender_id):
            return await self.expire(session)
        if not await self._leases.acquire(session.id):
            return session
        if session.state is State.REQUESTED:
            if not await self._store.requests.take_up(session.id):
                await self._leases.release(session.id)
                return await self._store.sessions.get(session.id) or session
        return await self._open_in_time(session)

    async def expire(self, session: Session) -> Session:
        """Withdraw a request whose action has died; any process may do so.

        Args:
            session: The session, as last read.

        Returns:
            The session afterwards.
        """
        if not self._store.requests.may_have_expired(session, now=time.time()):
            return session
        if await self._store.requests.expire(session.id):
            log.error("handoff.request.expired", session=session.id)
        return await self._store.sessions.get(session.id) or session

    def _time_left(self, session: Session) -> float:
        """Return the seconds that are left for an opening."""
        timeout = self._settings.open_timeout
        left = session.created_at + timeout - time.time()
        return min(max(left, _LEAST_TIME), timeout)

    async def _open_in_time(self, session: Session) -> Session:
        client = self._clients.opening(session.connector_id)
        if client is None:
            return session
        try:
            opening = open_session(self._store, client, session)
            return await asyncio.wait_for(opening, self._time_left(session))
        except (StoreUnavailable, LeaseLost):
            raise
        except asyncio.TimeoutError:
            timeout = self._settings.open_timeout
            error: Exception = HandoffError(f"Zendesk did not connect the user in {timeout:g} s.")
        except Exception as caught:
            error = caught
        log.error("handoff.opening.failed", session=session.id, error=describe_error(error))
        return await self._store.sessions.fail(session.id)
