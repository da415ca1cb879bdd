"""The tasks towards the agents: opening, and everything in the outbox."""

from __future__ import annotations

from collections.abc import Mapping

from zendesk_handoff.domain.session import Session
from zendesk_handoff.handover.due import Task
from zendesk_handoff.handover.forward import Fetch, Forwarder
from zendesk_handoff.handover.opener import Admit, FindPlace, Opener
from zendesk_handoff.handover.workers import Do
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients


def tasks_to_agents(
    store: Store,
    settings: Settings,
    clients: Clients,
    *,
    find_place: FindPlace,
    fetch: Fetch,
    admit: Admit = lambda _session: True,
) -> Mapping[Task, Do]:
    """Make the tasks towards the agents.

    Args:
        store: The store.
        settings: The plugin's settings.
        clients: The Conversations API clients.
        find_place: Tells where the conversation of a sender in hand takes place.
        fetch: Reads a user's file that only the token of its platform opens.
        admit: Tells whether the quotas admit a handover.
    """
    opener = Opener(store, settings, clients, find_place, admit)

    async def fail(session: Session) -> None:
        """Give an opening up that no server has finished in time, for lack of its connector."""
        await store.sessions.fail(session.id)

    async def discard_outbox(session: Session) -> None:
        """Discard the outbox of a session that never had a conversation."""
        for message in await store.outbox.waiting(session.id):
            await store.outbox.settle(message)

    return {
        Task.OPEN: opener.open,
        Task.EXPIRE: opener.expire,
        Task.FAIL: fail,
        Task.FORWARD: Forwarder(store, clients, fetch).run,
        Task.DISCARD: discard_outbox,
    }
