"""Access to the bot of a running Rasa server: its lock, responses, tracker and channels."""

from __future__ import annotations

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
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa import lock_store
from zendesk_handoff.rasa.delivery import send_once, with_literal_values
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.outputs import OutputChannels, channel_name

log = structlog.get_logger(__name__)

#: In an event's metadata: the key of what is recorded only once.
_KEY = "handoff_key"
#: Rasa's own handling of a message, as it is before the router is installed.
rasa_handle_message: Callable[..., Awaitable[list[dict[str, Any]] | None]] = (
    MessageProcessor.handle_message
)


class Bot:
    """The bot of a running Rasa server.

    The agent and its processor are looked up each time: ``PUT /model``, ``DELETE /model`` and a
    model server replace them.

    Args:
        app: Rasa's Sanic app.
        in_hand: Counts the bot's turns.
    """

    def __init__(self, app: Sanic, in_hand: InHand) -> None:
        """Keep the app."""
        self._app = app
        self.in_hand = in_hand
        self.outputs = OutputChannels(app)

    @property
    def processor(self) -> MessageProcessor | None:
        """The processor of the loaded model; ``None`` without a model."""
        return self._app.ctx.agent.processor

    def lock(self, sender_id: str) -> AbstractAsyncContextManager[Any]:
        """Take the lock under which Rasa handles a sender's messages.

        Args:
            sender_id: The user. The lock is not reentrant.
        """
        store = self._app.ctx.agent.lock_store
        lock: AbstractAsyncContextManager[Any] = store.lock(
            sender_id, wait_time_in_seconds=lock_store.POLL_SECONDS
        )
        return lock

    def has_unsafe_locks(self) -> bool:
        """Tell whether Rasa's own Redis lock store is used: see ``rasa.lock_store``."""
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
        """Send a response of the domain and record it; the caller holds the lock.

        Args:
            sender_id: The user.
            response: ``utter_…``.
            output: The user's channel.
            key: Identifies the message. After a crash the step is repeated; neither an idempotent
                channel nor the tracker then gets the message twice.
            locale: The user's language, for the default text of a missing response.
            **values: Values of the response's variables besides the slots.
        """
        if key is not None and await self._has_recorded(sender_id, key):
            return
        message = await self._generate(sender_id, response, output, values)
        if message is None:
            message = {"text": default_response(response, locale, **values)}
        sent = with_literal_values(output, message, values.values())
        await send_once(output, sender_id, sent, key=key)
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
            # The default text is sent instead: the user must be notified without an NLG server too.
            log.error("handoff.response.failed", response=response, **error_fields(error))
            return None
        return message

    async def _has_recorded(self, sender_id: str, key: str) -> bool:
        processor = self.processor
        return processor is not None and _has_key(await processor.get_tracker(sender_id), key)

    async def record(
        self, sender_id: str, events: Iterable[Event], *, key: str | None = None
    ) -> None:
        """Append events to the tracker; the caller holds the lock. Does nothing without a model.

        Slots that the domain lacks are left out: Rasa would log an error at every handover.

        Args:
            sender_id: The user.
            events: In order.
            key: Identifies the events; events whose key the tracker has are not appended again.
        """
        processor = self.processor
        if processor is None:
            return
        # The tracker is empty where a server died with the user's first message. Rasa starts no
        # session in a tracker with events, and the bot could not answer.
        tracker = await processor.fetch_tracker_with_initial_session(sender_id)
        if key is not None and _has_key(tracker, key):
            return
        known = [
            each for each in events if not isinstance(each, SlotSet) or each.key in tracker.slots
        ]
        if key is not None:
            for each in known:
                each.metadata[_KEY] = key
        tracker.update_with_events(known, processor.domain)
        await processor.save_tracker(tracker)

    async def handle(self, message: UserMessage) -> None:
        """Let the bot handle a message once; the caller holds the lock and has routed the message.

        Args:
            message: A user's.
        """
        processor = self.processor
        if processor is None or await self.has_handled(message.sender_id, message.message_id):
            return
        with self.in_hand.turn(message.sender_id):
            await rasa_handle_message(processor, message)

    async def is_paused(self, sender_id: str) -> bool:
        """Tell whether Rasa's tracker is paused; the caller holds the lock.

        Without a model there is no tracker, and the conversation counts as paused.

        Args:
            sender_id: The user.
        """
        processor = self.processor
        if processor is None:
            return True
        tracker = await processor.get_tracker(sender_id)
        return bool(tracker.is_paused())

    async def has_handled(self, sender_id: str, message_id: str) -> bool:
        """Tell whether the tracker has a user's message; the caller holds the lock.

        Args:
            sender_id: The user.
            message_id: The id that the channel gave the message.
        """
        processor = self.processor
        if processor is None:
            return False
        tracker = await processor.get_tracker(sender_id)
        return any(
            isinstance(event, UserUttered) and event.message_id == message_id
            for event in tracker.events
        )


def _has_key(tracker: DialogueStateTracker, key: str) -> bool:
    return any(event.metadata.get(_KEY) == key for event in reversed(tracker.events))
