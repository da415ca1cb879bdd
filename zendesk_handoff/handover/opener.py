"""The opener: takes requests for a session up, and finishes openings of processes that died."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.errors import HandoffError, LeaseLost, StoreUnavailable
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.logs import describe_error
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

#: Seconds that an opening has at least: one that is taken over begins late, and the clock of the
#: machine that wrote the request may differ.
_LEAST_TIME = 3.0


#: Tells where the conversation of a sender takes place that this process has in hand: the name of
#: the channel, and the address within it.
FindPlace = Callable[[str], "tuple[str, Mapping[str, Any] | None] | None"]
#: Tells whether the quotas admit a handover, and counts it.
Admit = Callable[[Session], bool]


class Opener:
    """Opens sessions in the Rasa server, within the time that a user waits.

    The waiting message holds Rasa's lock on the conversation until the action has answered. The
    opener never takes that lock: it would wait for its own outcome.

    Args:
        store: The store.
        settings: The plugin's settings.
        clients: The Conversations API clients.
        find_place: Tells where the conversation of a sender in hand takes place. Without it, the
            place is that of the request.
        admit: Tells whether the quotas admit a handover; all are by default.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clients: Clients,
        find_place: FindPlace = lambda _sender_id: None,
        admit: Admit = lambda _session: True,
    ) -> None:
        """Keep the collaborators."""
        self._admit = admit
        self._find_place = find_place
        self._store = store
        self._settings = settings
        self._clients = clients
        self._leases = store.leases

    async def open(self, session: Session) -> bool:
        """Open a session, unless another process does or its request was withdrawn.

        Args:
            session: The session: ``opening``, or ``requested`` by a conversation in hand.

        Returns:
            Whether it is open or has failed.

        Raises:
            LeaseLost: Another process has taken the opening over.
            StoreUnavailable: A step could not be recorded; it is tried again.
        """
        if not await self._leases.acquire(session.id):
            return False
        if session.state is State.REQUESTED:
            channel, address = self._find_place(session.sender_id) or (None, None)
            # The request has the channel from the tracker, where it can be a client's own word.
            if not self._admit(replace(session, channel=channel or session.channel)):
                log.warning("handoff.opening.not_admitted", session=session.id)
                await self._store.sessions.fail(session.id)
                return True
            if not await self._store.requests.take_up(session.id, channel=channel, address=address):
                await self._leases.release(session.id)
                return False
        await self._open_in_time(session)
        return True

    async def expire(self, session: Session) -> bool:
        """Withdraw a request whose action has died; any process may do so.

        Args:
            session: The session, as last read.

        Returns:
            Whether it was withdrawn.
        """
        is_expired = await self._store.requests.expire(session.id)
        if is_expired:
            log.error("handoff.request.expired", session=session.id)
        return is_expired

    def _time_left(self, session: Session) -> float:
        """Return the seconds that are left for an opening."""
        timeout = self._settings.open_timeout
        left = session.created_at + timeout - time.time()
        return min(max(left, _LEAST_TIME), timeout)

    async def _open_in_time(self, session: Session) -> None:
        client = self._clients.opening(session.connector_id)
        assert client is not None, "an opening is due where there is the connector"
        try:
            opening = open_session(
                self._store,
                client,
                session,
                requester_origins=self._settings.requester_origins,
            )
            await asyncio.wait_for(opening, self._time_left(session))
            return
        except (StoreUnavailable, LeaseLost):
            raise
        except asyncio.TimeoutError:
            timeout = self._settings.open_timeout
            error: Exception = HandoffError(f"Zendesk did not connect the user in {timeout:g} s.")
        except Exception as caught:
            error = caught
        log.error("handoff.opening.failed", session=session.id, error=describe_error(error))
        await self._store.sessions.fail(session.id)
