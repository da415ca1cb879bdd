"""Agents' typing, shown on the channels that can: a sign that is lost without harm."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import structlog

from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.events import AgentTyping, Event
from zendesk_handoff.zendesk.models import storable_id

log = structlog.get_logger(__name__)

#: Calls to platforms at once; what comes beyond is not shown.
_MAX_TASKS = 50
#: Seconds for a call: later it would no longer be true.
_TIMEOUT = 5.0


class TypingSigns:
    """Shows the typing that events report, in tasks of its own: no webhook call waits for it.

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
        """Show the typing of agents to users with an open session.

        Args:
            connector_id: The connector of the events.
            events: Of one call of its webhook.
        """
        typing = [each for each in events if isinstance(each, AgentTyping)]
        found = {storable_id(each.conversation.id): each.is_on for each in typing}
        for conversation_id, is_on in found.items():
            if len(self._tasks) < _MAX_TASKS:
                task = asyncio.create_task(
                    self._show(connector_id, conversation_id, is_on=is_on), name="handoff typing"
                )
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End the tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _show(self, connector_id: str, conversation_id: str, *, is_on: bool) -> None:
        try:
            session = await self._store.sessions.open_in(connector_id, conversation_id)
            if session is not None:
                show = self._channels.show_typing(session, is_on=is_on)
                await asyncio.wait_for(show, _TIMEOUT)
        except Exception as error:
            log.info("handoff.typing.not_shown", connector=connector_id, **error_fields(error))
