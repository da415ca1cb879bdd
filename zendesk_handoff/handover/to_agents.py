"""The tasks towards the agents: opening, and everything in the outbox."""

from __future__ import annotations

from collections.abc import Mapping

from zendesk_handoff.domain.session import Session
from zendesk_handoff.handover.due import Task
from zendesk_handoff.handover.forward import forward
from zendesk_handoff.handover.opener import Opener
from zendesk_handoff.handover.workers import Do
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients


def tasks_to_agents(store: Store, settings: Settings, clients: Clients) -> Mapping[Task, Do]:
    """Make the tasks towards the agents.

    Args:
        store: The store.
        settings: The plugin's settings.
        clients: The Conversations API clients.
    """
    opener = Opener(store, settings, clients)

    async def forward_outbox(session: Session) -> bool:
        client = clients.background(session.connector_id)
        return client is not None and await forward(store, client, session)

    async def discard_outbox(session: Session) -> bool:
        """Discard the outbox of a session that never had a conversation."""
        if not await store.leases.acquire(session.id):
            return False
        for message in await store.outbox.waiting(session.id):
            await store.outbox.finish(message)
        return True

    return {
        Task.OPEN: opener.open,
        Task.EXPIRE: opener.expire,
        Task.FAIL: opener.fail,
        Task.FORWARD: forward_outbox,
        Task.DISCARD: discard_outbox,
    }
