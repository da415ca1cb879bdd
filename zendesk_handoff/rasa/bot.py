"""Access to the bot of a running Rasa server: its lock, responses, tracker and channels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import structlog
from rasa.core.actions.action import create_bot_utterance
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.lock_store import RedisLockStore
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Sanic

from zendesk_handoff.domain.language import ENGLISH, LANGUAGE_KEY, language_of
from zendesk_handoff.domain.responses import default_message, has_built_in
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa import lock_store
from zendesk_handoff.rasa.channels import Channels, Whereabouts
from zendesk_handoff.rasa.compat import GENERATES_FROM_SLOTS, is_paused, nlg_channel
from zendesk_handoff.rasa.delivery import named, send_once, with_literal_values
from zendesk_handoff.rasa.in_delivery import InDelivery
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.outputs import channel_name
from zendesk_handoff.rasa.own_words import has_own
from zendesk_handoff.rasa.payloads import needs_slots, payload_in_words, title_of
from zendesk_handoff.rasa.slot_cache import SlotCache
from zendesk_handoff.rasa.trackers import OpenTracker, open_tracker

log = structlog.get_logger(__name__)

#: The sender id of a tracker that is stored nowhere.
_NOBODY = "nobody"


class Bot:
    """The bot of a running Rasa server.

    The agent and its processor are looked up each time: ``PUT /model``, ``DELETE /model`` and a
    model server replace them.

    Args:
        app: Rasa's Sanic app.
        in_hand: Counts the bot's turns.
        adapters: See ``Channels``.
        public_url: See ``Channels``.
    """

    def __init__(
        self,
        app: Sanic,
        in_hand: InHand,
        *,
        adapters: Mapping[str, str] | None = None,
        public_url: str = "",
    ) -> None:
        """Keep the app."""
        self._app = app
        self.in_hand = in_hand
        self.channels = Channels(app, adapters, public_url=public_url)
        self.in_delivery = InDelivery()
        self._slots = SlotCache()

    @property
    def processor(self) -> MessageProcessor | None:
        """The processor of the loaded model; ``None`` without a model."""
        return self._app.ctx.agent.processor

    @property
    def language(self) -> str | None:
        """The ``language`` of the loaded model's configuration; ``None`` without a model."""
        language = getattr(getattr(self.processor, "model_metadata", None), "language", None)
        return language if isinstance(language, str) else None

    def annotate(self, message: UserMessage) -> None:
        """Record in a message for the bot what the action server needs to know with it.

        Args:
            message: A user's, before the bot gets it; its metadata is replaced.
        """
        self.channels.note_user(message)
        metadata = message.metadata if message.metadata is not None else {}
        if not isinstance(metadata, dict):
            return
        language = language_of(self.language)
        if LANGUAGE_KEY in metadata or language != ENGLISH:
            kept = {name: value for name, value in metadata.items() if name != LANGUAGE_KEY}
            message.metadata = (
                kept if language == ENGLISH else {**kept, LANGUAGE_KEY: self.language}
            )

    async def receive(self, message: UserMessage) -> None:
        """Hand a user's message to Rasa, as every channel does.

        Args:
            message: It is routed first.
        """
        await self._app.ctx.agent.handle_message(message)

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

    def find_place(self, sender_id: str) -> Whereabouts | None:
        """Tell where the conversation of a sender takes place on whose message the bot is at work.

        Args:
            sender_id: The user.
        """
        message = self.in_hand.message(sender_id)
        return None if message is None else self.channels.whereabouts(message)

    def has_unsafe_locks(self) -> bool:
        """Tell whether Rasa's own Redis lock store is used: see ``rasa.lock_store``."""
        agent = self._app.ctx.agent
        return agent is not None and type(agent.lock_store) is RedisLockStore

    @asynccontextmanager
    async def open_tracker(self, sender_id: str) -> AsyncIterator[OpenTracker | None]:
        """Load a user's tracker, to be changed while the sender's lock is held.

        Args:
            sender_id: The user.

        Yields:
            The tracker; ``None`` without a model.
        """
        processor = self.processor
        if processor is None:
            yield None
            return
        async with open_tracker(processor, sender_id) as opened:
            self._slots.keep(sender_id, opened.tracker.current_slot_values())
            yield opened

    async def say(
        self,
        sender_id: str,
        response: str,
        output: OutputChannel,
        *,
        key: str | None = None,
        locale: str | None = None,
        tracker: OpenTracker | None = None,
        **values: str,
    ) -> None:
        """Send a response of the domain and record it; the caller holds the lock.

        Args:
            sender_id: The user.
            response: ``utter_…``.
            output: The user's channel.
            key: Identifies the message. After a crash the step is repeated; neither an idempotent
                channel nor the tracker then gets the message twice.
            locale: The user's language, for the default text of a missing response; the bot's by
                default.
            tracker: The user's, if the caller has loaded it.
            **values: Values of the response's variables besides the slots.
        """
        if tracker is None and self.processor is not None:
            async with self.open_tracker(sender_id) as opened:
                await self.say(
                    sender_id, response, output, key=key, locale=locale, tracker=opened, **values
                )
            return
        if tracker is not None and key is not None and await tracker.has(key):
            return
        utterance = await self.tell(
            sender_id, response, output, key=key, locale=locale, tracker=tracker, **values
        )
        if tracker is not None:
            await tracker.append([utterance], key=key)

    def choose(
        self, responses: Sequence[str], *, channel: str, slots: Mapping[str, Any] | None = None
    ) -> str:
        """Choose the most specific response that has words: the bot's own before built-in ones.

        Args:
            responses: The most specific first; the last one has built-in words.
            channel: The name of the user's channel.
            slots: The user's, if they are known.
        """
        processor = self.processor
        for each in responses:
            if processor is not None and has_own(processor, each, channel=channel, slots=slots):
                return each
        return next(each for each in responses if has_built_in(each))

    async def tell(
        self,
        sender_id: str,
        response: str,
        output: OutputChannel,
        *,
        key: str | None = None,
        locale: str | None = None,
        tracker: OpenTracker | None = None,
        **values: str,
    ) -> BotUttered:
        """Send a response of the domain; the caller records it.

        The tracker is loaded only where the response needs it and its slots are not in memory, so
        that the message does not wait for it.

        Args:
            sender_id: The user.
            response: ``utter_…``.
            output: The user's channel.
            key: Identifies the message, for channels that are idempotent.
            locale: The user's language, for the default text of a missing response; the bot's by
                default.
            tracker: The user's, if the caller has loaded it.
            **values: Values of the response's variables besides the slots.

        Returns:
            The event for the tracker.
        """
        message = await self._generate(sender_id, response, output, values, tracker)
        if message is None:
            message = default_message(response, locale or self.language, **values)
        sent = named(output, with_literal_values(output, message, values.values()), response)
        await send_once(output, sender_id, sent, key=key)
        utterance: BotUttered = create_bot_utterance(message)
        utterance.metadata["utter_action"] = response
        return utterance

    async def refuse(
        self, message: UserMessage, response: str, *, locale: str | None = None
    ) -> None:
        """Answer a message, and record nothing: it may be of somebody who is not the user.

        The response is generated without slots, which are the user's.

        Args:
            message: With the user's sender id.
            response: ``utter_…``.
            locale: The user's language, for the default text of a missing response.
        """
        output, processor = self.channels.output_of(message), self.processor
        said: dict[str, Any] | None = None
        if processor is not None and has_own(processor, response):
            try:
                nobody = DialogueStateTracker(_NOBODY, processor.domain.slots)
                channel = nlg_channel(output, channel_name(output))
                said = await processor.nlg.generate(response, nobody, channel)
            except Exception as error:
                log.error("handoff.response.failed", response=response, **error_fields(error))
        with suppress(Exception):  # the sender may be nowhere: no error may make a channel repeat
            said = said or default_message(response, locale or self.language)
            await output.send_response(message.sender_id, said)

    async def _generate(
        self,
        sender_id: str,
        response: str,
        output: OutputChannel,
        values: dict[str, str],
        tracker: OpenTracker | None,
    ) -> dict[str, Any] | None:
        processor = self.processor
        if processor is None or not has_own(processor, response):
            return None
        nlg, channel = processor.nlg, channel_name(output)
        message: dict[str, Any] | None
        try:
            if GENERATES_FROM_SLOTS and type(nlg) is TemplatedNaturalLanguageGenerator:
                slots = await self._slots_for(sender_id, nlg.responses[response], values, tracker)
                message = nlg.generate_from_slots(response, slots, channel, **values)
            else:
                if tracker is None:
                    async with self.open_tracker(sender_id) as opened:
                        return await self._generate(sender_id, response, output, values, opened)
                message = await nlg.generate(
                    response, tracker.tracker, nlg_channel(output, channel), **values
                )
        except Exception as error:
            # The default text is sent instead: the user must be notified without an NLG server too.
            log.error("handoff.response.failed", response=response, **error_fields(error))
            return None
        return message

    async def _slots_for(
        self,
        sender_id: str,
        variations: list[dict[str, Any]],
        values: dict[str, str],
        tracker: OpenTracker | None,
    ) -> dict[str, Any]:
        """Return the slot values that a response may need."""
        if tracker is not None:
            return dict(tracker.tracker.current_slot_values())
        known = self._slots.get(sender_id)
        if known is not None or not needs_slots(variations, values):
            return known or {}
        async with self.open_tracker(sender_id):
            return self._slots.get(sender_id) or {}

    async def record(
        self, sender_id: str, events: Iterable[Event], *, key: str | None = None
    ) -> None:
        """Append events to the tracker; the caller holds the lock. Does nothing without a model.

        Args:
            sender_id: The user.
            events: In order.
            key: Identifies the events; events whose key the tracker has are not appended again.
        """
        async with self.open_tracker(sender_id) as tracker:
            if tracker is not None:
                await tracker.append(events, key=key)
                self._slots.keep(sender_id, tracker.tracker.current_slot_values())

    def forget(self, sender_id: str) -> None:
        """Forget the slots of a user whose session is over: the bot may change them.

        Args:
            sender_id: The user.
        """
        self._slots.drop(sender_id)

    async def shown_title(self, sender_id: str, payload: str) -> str | None:
        """Return the title of the button that the user has pressed, or a payload in words.

        Args:
            sender_id: The user.
            payload: A text that begins with a slash.

        Returns:
            The words; ``None`` if the text is no payload.
        """
        async with self.open_tracker(sender_id) as tracker:
            if tracker is None:
                return payload_in_words(payload)
            title = await tracker.look(lambda found: title_of(found.events, payload))
            intents = tracker.processor.domain.intents
        return title or payload_in_words(payload, known=lambda name: name in intents)

    async def handle(self, message: UserMessage) -> None:
        """Let the bot handle a message once; the caller holds the lock and has routed the message.

        Args:
            message: A user's.
        """
        processor = self.processor
        if processor is None or await self.has_handled(message.sender_id, message.message_id):
            return
        with self.in_hand.turn(message.sender_id, message):
            await processor.handle_message(message)  # not routed again: it is in hand

    async def is_paused(self, sender_id: str) -> bool:
        """Tell whether Rasa's tracker is paused; the caller holds the lock.

        Without a model there is no tracker, and the conversation counts as paused.

        Args:
            sender_id: The user.
        """
        async with self.open_tracker(sender_id) as tracker:
            return tracker is None or is_paused(tracker.tracker)

    async def has_handled(self, sender_id: str, message_id: str) -> bool:
        """Tell whether the tracker has a user's message; the caller holds the lock.

        Args:
            sender_id: The user.
            message_id: The id that the channel gave the message.
        """
        async with self.open_tracker(sender_id) as tracker:
            return tracker is not None and await tracker.look(
                lambda found: any(
                    isinstance(event, UserUttered) and event.message_id == message_id
                    for event in found.events
                )
            )
