"""Work on the agents' side of a session: the rest of its opening, then the outbox."""

from __future__ import annotations

import time

import structlog

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.errors import ConversationsError, LeaseLost, StoreUnavailable
from zendesk_handoff.handover.forward import forward
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.handover.opening import open_session
from zendesk_handoff.logs import describe_error
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import ConversationsClient
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
    """

    def __init__(
        self, store: Store, settings: Settings, clients: Clients, leases: ProcessLeases
    ) -> None:
        """Keep the collaborators."""
        self._store = store
        self._settings = settings
        self._clients = clients
        self._leases = leases
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
        interactive = self._clients.interactive(session.connector_id)
        if background is None or interactive is None:
            await self._skip_missing_connector(session)
            return
        if session.state in _OPENING:
            if not await self._leases.acquire(session_id):
                return
            session = await self._finish_opening(session, interactive)
        if session.conversation_id is None:
            if session.state is not State.FAILED:  # the bot answers what was written there
                await self._discard_outbox(session)
        elif session.connected_at is not None or not session.state.is_open:
            await forward(self._store, background, session, leases=self._leases)
            if not session.state.is_open:
                await self._leases.release_if_done(session_id)

    async def _skip_missing_connector(self, session: Session) -> None:
        """Leave a session to a server whose settings have its connector.

        If no server has opened it in time, the handover fails.
        """
        if session.connector_id not in self._missing:
            self._missing.add(session.connector_id)
            log.error("handoff.connector.missing", session=session.id)
        if session.state in _OPENING and self._is_overdue(session):
            if await self._leases.acquire(session.id):
                await self._store.sessions.fail(session.id, end_notified=False)

    def _is_overdue(self, session: Session) -> bool:
        return time.time() - session.created_at > self._settings.open_timeout

    async def _finish_opening(self, session: Session, client: ConversationsClient) -> Session:
        """Resume an opening whose action server died: its lease has expired."""
        try:
            return await open_session(self._store, client, session)
        except (StoreUnavailable, LeaseLost):
            raise
        except Exception as error:
            retryable = isinstance(error, ConversationsError) and error.retryable
            if retryable and not self._is_overdue(session):
                raise
            log.error("handoff.opening.failed", session=session.id, error=describe_error(error))
            return await self._store.sessions.fail(session.id, end_notified=False)

    async def _discard_outbox(self, session: Session) -> None:
        """Discard the outbox of a session that never had a conversation."""
        for message in await self._store.outbox.waiting(session.id):
            if await self._leases.acquire(session.id):
                await self._store.outbox.finish(message)
