"""Work on the agents' side of a session: its opening, then the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.handover.forward import forward
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.handover.opener import Opener
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

_OPENING = frozenset({State.REQUESTED, State.OPENING})


class ToAgents:
    """The worker for the agents' side of a session.

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
        self._opener = Opener(store, settings, clients, leases, is_in_hand)
        self._missing: set[str] = set()  # connectors that the settings lack; each is logged once

    async def run(self, session_id: str) -> None:
        """Do all pending work of a session.

        Args:
            session_id: The session.
        """
        session = await self._store.sessions.get(session_id)
        if session is None:
            return
        structlog.contextvars.bind_contextvars(connector=session.connector_id)
        background = self._clients.background(session.connector_id)
        if background is None:
            await self._skip_missing_connector(session)
            return
        if session.state in _OPENING:
            session = await self._opener.run(session)
            if session.state in _OPENING:
                return
        if session.conversation_id is None:
            if session.state is not State.FAILED:  # the bot answers what was written there
                await self._discard_outbox(session)
        elif session.connected_at is not None or not session.state.is_open:
            await forward(self._store, background, session, leases=self._leases)
            if not session.state.is_open:
                await self._leases.release_if_done(session_id)

    async def _skip_missing_connector(self, session: Session) -> None:
        """Leave a session to a server whose settings have its connector.

        If no server finishes its opening in time, the handover fails.
        """
        if session.connector_id not in self._missing:
            self._missing.add(session.connector_id)
            log.error("handoff.connector.missing", session=session.id)
        if session.state is State.REQUESTED:
            await self._opener.expire(session)
        elif session.state is State.OPENING and self._is_overdue(session):
            if await self._leases.acquire(session.id):
                await self._store.sessions.fail(session.id)

    def _is_overdue(self, session: Session) -> bool:
        return time.time() - session.created_at > self._settings.open_timeout

    async def _discard_outbox(self, session: Session) -> None:
        """Discard the outbox of a session that never had a conversation."""
        for message in await self._store.outbox.waiting(session.id):
            if await self._leases.acquire(session.id):
                await self._store.outbox.finish(message)
