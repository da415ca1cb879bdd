"""The Rasa side of a handover: its lock, its responses, its tracker and its output channels."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from rasa.core.actions.action import create_bot_utterance
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import RedisLockStore
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from zendesk_handoff.domain.responses import default_response
from zendesk_handoff.rasa.delivery import send_once
from zendesk_handoff.rasa.outputs import OutputChannels, channel_name

log = structlog.get_logger(__name__)

#: Rasa's own default of a second would make every agent's message wait that long for a user who
#: is writing.
_LOCK_POLL_SECONDS = 0.05
#: In an event's metadata: the name of what is recorded once.
_KEY = "handoff_key"
#: Rasa's own handling of a message, before the gate was put in front of it.
rasa_handles: Callable[..., Awaitable[list[dict[str, Any]] | None]] = (
    MessageProcessor.handle_message
)


class Bot:
    """The bot of a running Rasa server.

    The agent and its processor are looked up each time: ``PUT /model``, ``DELETE /model`` and a
    model server replace them.

    Args:
        app: Rasa's Sanic app.
    """

    def __init__(self, app: Sanic) -> None:
        """Remember where the agent is found."""
        self._app = app
        self.outputs = OutputChannels(app)

    @property
    def processor(self) -> MessageProcessor | None:
        """The processor of the model that is loaded, if one is."""
        return self._app.ctx.agent.processor

    def lock(self, sender_id: str) -> AbstractAsyncContextManager[Any]:
        """Take the lock under which Rasa handles a sender's messages.

        Args:
            sender_id: Whose conversation. The lock is not reentrant.
        """
        store = self._app.ctx.agent.lock_store
        lock: AbstractAsyncContextManager[Any] = store.lock(
            sender_id, wait_time_in_seconds=_LOCK_POLL_SECONDS
        )
        return lock

    def has_unsafe_locks(self) -> bool:
        """Tell whether Rasa's own lock store in Redis is used: see ``channels.lock_store``."""
        agent = self._app.ctx.agent
        return agent is not None and type(agent.lock_store) is RedisLockStore

    async def say(
        self,
        sender_id: str,
        response: str,
        output: OutputChannel,
        *,
        key: str | None = None,
        locale: str | None = None,
        **values: str,
    ) -> None:
        """Say a response of the domain, and record it; the caller holds the lock.

        Args:
            sender_id: To whom.
            response: ``utter_…``.
            output: Through which channel.
            key: Names this saying: one that a process had begun when it died is repeated, and
                then neither a channel that remembers nor the tracker gets it twice.
            locale: The user's language, for the sentence that stands in for a missing response.
            **values: What fills the response's braces besides the slots.
        """
        if key is not None and await self._has_said(sender_id, key):
            return
        message = await self._generate(sender_id, response, output, values)
        if message is None:
            message = {"text": default_response(response, locale, **values)}
        await send_once(output, sender_id, copy.deepcopy(message), key=key)
        utterance = create_bot_utterance(message)
        utterance.metadata["utter_action"] = response
        await self.record(sender_id, [utterance], key=key)

    async def _generate(
        self, sender_id: str, response: str, output: OutputChannel, values: dict[str, str]
    ) -> dict[str, Any] | None:
        processor = self.processor
        if processor is None or response not in processor.domain.responses:
            return None
        tracker = await processor.get_tracker(sender_id)
        try:
            message: dict[str, Any] | None = await processor.nlg.generate(
                response, tracker, channel_name(output), **values
            )
        except Exception as error:
            # An NLG server that is away must not keep the user from hearing of the end.
            log.error("handoff.response.failed", response=response, error=type(error).__name__)
            return None
        return message

    async def _has_said(self, sender_id: str, key: str) -> bool:
        processor = self.processor
        return processor is not None and _has(await processor.get_tracker(sender_id), key)

    async def record(
        self, sender_id: str, events: Iterable[Event], *, key: str | None = None
    ) -> None:
        """Append events to the tracker; the caller holds the lock. Without a model there is none.

        A slot that the domain lacks is left out: Rasa would complain at every handover.

        Args:
            sender_id: Whose tracker.
            events: In order.
            key: Names the events; what the tracker has by this name is not appended again.
        """
        processor = self.processor
        if processor is None:
            return
        tracker = await processor.get_tracker(sender_id)
        if key is not None and _has(tracker, key):
            return
        known = [
            each for each in events if not isinstance(each, SlotSet) or each.key in tracker.slots
        ]
        if key is not None:
            for each in known:
                each.metadata[_KEY] = key
        tracker.update_with_events(known, processor.domain)
        await processor.save_tracker(tracker)

    async def hear(self, message: UserMessage) -> None:
        """Answer a message as the bot; the caller holds the lock, and has judged the message.

        Args:
            message: A user's.
        """
        processor = self.processor
        if processor is None or await self.has_heard(message.sender_id, message.message_id):
            return
        await rasa_handles(processor, message)

    async def is_paused(self, sender_id: str) -> bool:
        """Tell whether Rasa holds the conversation for paused; the caller holds the lock.

        Without a model nobody can tell, and nothing can be changed: it counts as paused.
        """
        processor = self.processor
        if processor is None:
            return True
        tracker = await processor.get_tracker(sender_id)
        return bool(tracker.is_paused())

    async def has_heard(self, sender_id: str, message_id: str) -> bool:
        """Tell whether the tracker has a user's message; the caller holds the lock.

        Args:
            sender_id: Whose tracker.
            message_id: As the channel gave it.
        """
        processor = self.processor
        if processor is None:
            return False
        tracker = await processor.get_tracker(sender_id)
        return any(
            isinstance(event, UserUttered) and event.message_id == message_id
            for event in tracker.events
        )


def _has(tracker: DialogueStateTracker, key: str) -> bool:
    return any(event.metadata.get(_KEY) == key for event in reversed(tracker.events))
