"""That an agent is typing, or has read: signs for the channels that can, lost without harm."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.events import AgentRead, AgentTyping, Event
from zendesk_handoff.zendesk.models import storable_id

log = structlog.get_logger(__name__)

#: Calls to platforms at once; what comes beyond is not shown.
_MAX_TASKS = 50
#: Seconds for a call: later it would no longer be true.
_TIMEOUT = 5.0


class AgentSigns:
    """Shows what events report of agents, in tasks of its own: no webhook call waits for it.

    Args:
        store: The store.
        channels: The server's channels.
    """

    def __init__(self, store: Store, channels: Channels) -> None:
        """Start without tasks."""
        self._store = store
        self._channels = channels
        self._tasks: set[asyncio.Task[None]] = set()

    def show(self, connector_id: str, events: Iterable[Event]) -> None:
        """Show the signs of agents to users with an open session.

        Args:
            connector_id: The connector of the events.
            events: Of one call of its webhook.
        """
        signs = [each for each in events if isinstance(each, (AgentTyping, AgentRead))]
        found = {(storable_id(each.conversation.id), type(each)): each for each in signs}
        for (conversation_id, _), sign in found.items():
            if len(self._tasks) < _MAX_TASKS:
                task = asyncio.create_task(
                    self._show(connector_id, conversation_id, sign), name="handoff sign"
                )
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End the tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _show(
        self, connector_id: str, conversation_id: str, sign: AgentTyping | AgentRead
    ) -> None:
        try:
            session = await self._store.sessions.open_in(connector_id, conversation_id)
            if session is not None:
                if isinstance(sign, AgentTyping):
                    show = self._channels.show_typing(session, is_on=sign.is_on)
                else:
                    show = self._channels.show_read(session)
                await asyncio.wait_for(show, _TIMEOUT)
        except Exception as error:
            log.info("handoff.sign.not_shown", connector=connector_id, **error_fields(error))
