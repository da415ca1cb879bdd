"""The router: bot or agent? Every user message of every channel is judged here first.

Rasa gives all channels one handler, which calls ``Agent.handle_message``; that takes the sender's
lock and calls the processor's. The gate stands in front of the processor, inside the lock: a
message that arrives while the escalation of the one before is under way waits for its outcome.
It is put on the classes, not on the objects, because ``PUT /model`` and ``DELETE /model`` bring a
new agent and a model server a new processor.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.core.processor import MessageProcessor
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff import metrics
from zendesk_handoff.bounds import check_bounds, check_method, check_wrapped
from zendesk_handoff.domain.responses import NOT_PASSED_ON, default_response
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.domain.text import split_text
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa.bot import Bot, rasa_handles
from zendesk_handoff.rasa.delivery import OnceOutput
from zendesk_handoff.rasa.pending import PullOutput, deliver_pending
from zendesk_handoff.rasa.session_end import notify_end, replay_to_bot, restart_session
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import marker_of

log = structlog.get_logger(__name__)

Handled = list[dict[str, Any]] | None

_LOCK_ATTEMPTS = 3
#: What the buttons of ours send that lead back to the bot.
END_PAYLOAD = "/end_handoff"


class Router:
    """Judges messages, and sends them on.

    Args:
        store: Says whether a session is open; Rasa's tracker does not decide.
        bot: Whose messages they otherwise are.
        settings: With the words that end a session.
    """

    def __init__(self, store: Store, bot: Bot, settings: Settings) -> None:
        """Remember who is asked."""
        self._store = store
        self._bot = bot
        phrases = {*settings.end_phrases, END_PAYLOAD}  # the buttons work with any phrases
        self._end_phrases = {phrase.casefold() for phrase in phrases}

    async def route(self, message: UserMessage, processor: MessageProcessor | None) -> bool:
        """Take a message that is not the bot's; the sender's lock is held.

        Args:
            message: Any channel's.
            processor: The bot, where a model is loaded.

        Returns:
            Whether it was taken: then the bot is silent.
        """
        sender_id = message.sender_id
        key, again = _pop_message_key(message)
        session: Session | None = None
        try:
            session, has_pending = await self._store.load_state(sender_id)
            if key and again and await self._is_known(message, key):
                return True
            metrics.count_routed("agent" if _is_open(session) else "bot")
            if session is None:
                if has_pending:
                    await deliver_pending(self._store, sender_id, message.output_channel)
                return await self._notify_undelivered_files(message)
            if session.state.is_open:
                await self._forward(message, session, key, has_pending=has_pending)
                return True
            taken = await self._return_to_bot(message, session, key, processor)
            return taken or await self._notify_undelivered_files(message)
        except StoreUnavailable:
            metrics.count_routed("store_unavailable")
            log.error("handoff.router.store_unavailable")
            # Rasa's own pause is the next best guess, and it would swallow the message.
            if not _is_open(session) and not await self._bot.is_paused(sender_id):
                return False
            await message.output_channel.send_text_message(
                sender_id, default_response(NOT_PASSED_ON)
            )
            return True

    async def _is_known(self, message: UserMessage, key: str) -> bool:
        """Tell whether a message that is brought again was dealt with before."""
        if await self._store.outbox.has(key):
            return True
        return await self._bot.has_heard(message.sender_id, message.message_id)

    async def has_open_session(self, sender_id: str) -> bool:
        """Tell whether a session is open for a sender."""
        return _is_open(await self._store.sessions.current(sender_id))

    async def _forward(
        self, message: UserMessage, session: Session, key: str | None, *, has_pending: bool
    ) -> None:
        channel = message.input_channel
        if channel and channel != session.channel:
            session = await self._store.sessions.change_channel(session.id, channel)
        if (message.text or "").strip().casefold() in self._end_phrases:
            mark = marker_of(key, 0) if key else None  # so that it is known when it comes again
            ended = await self._store.sessions.end_by_us(session.id, EndReason.USER, marker=mark)
            await self._notify_end(message, ended)
            return
        bodies = message_bodies(message)
        if bodies:
            await self._store.outbox.add(session.id, bodies, key=key)
        if has_pending:
            with suppress(StoreUnavailable):  # the message is safe: what is held can wait
                await deliver_pending(self._store, message.sender_id, message.output_channel)

    async def _return_to_bot(
        self,
        message: UserMessage,
        session: Session,
        key: str | None,
        processor: MessageProcessor | None,
    ) -> bool:
        await self._notify_end(message, session)
        newer = await self._store.sessions.current(message.sender_id)
        if newer is not None and newer.id != session.id and newer.state.is_open:
            # The bot's answer to what was written before has brought an agent.
            await self._store.sessions.finalize(session.id)
            await self._forward(message, newer, key, has_pending=False)
            return True
        if processor is not None:
            await restart_session(self._store, session, message, processor)
        return False

    async def _notify_undelivered_files(self, message: UserMessage) -> bool:
        """Tell a user whose agent has left that a file did not arrive: the bot cannot read it.

        The chat page takes files only while there is an agent, who may go before one is passed on.
        """
        attachments = (message.metadata or {}).get("attachments")
        files = [each for each in attachments or () if isinstance(each, dict)]
        if (message.text or "").strip() or not any("upload_id" in each for each in files):
            return False
        await self._bot.say(message.sender_id, NOT_PASSED_ON, message.output_channel)
        return True

    async def _notify_end(self, message: UserMessage, session: Session) -> None:
        """Give the user what has waited, and the end, unless they have been told of it.

        A server may have died after saying it: what a channel does not remember goes the way of
        what is pending_messages, which does.
        """
        output = message.output_channel
        if not session.end_notified:
            remembers = isinstance(output, OnceOutput)
            once = output if remembers else PullOutput(self._store)
            await notify_end(self._store, self._bot, session, once)
        elif session.state is State.FAILED:
            await replay_to_bot(self._store, self._bot, session, output)
        await deliver_pending(self._store, message.sender_id, output)


def _is_open(session: Session | None) -> bool:
    return session is not None and session.state.is_open


def _pop_message_key(message: UserMessage) -> tuple[str | None, bool]:
    """Take a message's name out of its metadata, where its channel may bring it twice.

    ``handoff_key`` names the message; ``handoff_again`` says that it may have been dealt with.
    """
    metadata = message.metadata
    if not isinstance(metadata, dict) or "handoff_key" not in metadata:
        return None, False
    message.metadata = {
        name: value
        for name, value in metadata.items()
        if name not in {"handoff_key", "handoff_again"}
    }
    # A name is the sender's own: another's message of the same name is another message.
    key = f"{message.sender_id}\n{metadata['handoff_key']}"
    return key, bool(metadata.get("handoff_again"))


def message_bodies(message: UserMessage) -> list[dict[str, Any]]:
    """Make what the outbox holds of a user's message.

    Args:
        message: Text, and files under ``attachments`` in its metadata: ``{"upload_id": …}`` of
            the chat page, or ``{"media_url": …, "media_type": …}`` of any other channel.
    """
    metadata: Mapping[str, Any] = message.metadata if isinstance(message.metadata, dict) else {}
    text = message.text or ""
    if text.startswith("/") and isinstance(metadata.get("title"), str):
        text = metadata["title"]  # a button: its label is what the user saw
    bodies: list[dict[str, Any]] = []
    if text.strip():
        bodies += [{"type": "text", "text": part} for part in split_text(text)]
    attachments = metadata.get("attachments")
    for each in attachments if isinstance(attachments, list) else ():
        if isinstance(each, dict) and isinstance(each.get("upload_id"), str):
            name = str(each.get("name") or "")
            bodies.append({"type": "upload", "upload_id": each["upload_id"], "name": name})
        elif isinstance(each, dict) and isinstance(each.get("media_url"), str):
            kind = str(each.get("media_type") or "")
            bodies.append({"type": "media", "media_url": each["media_url"], "media_type": kind})
    return bodies


_router: Router | None = None
_agent_handles = Agent.handle_message
_processor_triggers = MessageProcessor.trigger_external_user_uttered


def check_rasa() -> None:
    """Make sure that this Rasa is supported, and that its classes themselves handle messages.

    Raises:
        UnsupportedEnvironment: The router would stand beside the way that messages take.
    """
    check_bounds()
    check_method(Agent, "handle_message")
    check_method(MessageProcessor, "handle_message")
    check_method(MessageProcessor, "trigger_external_user_uttered")


def install(router: Router) -> None:
    """Put the router in front of the bot, in this process.

    Raises:
        UnsupportedEnvironment: It would stand beside the way that messages take.
    """
    check_rasa()
    global _router
    _router = router
    Agent.handle_message = _under_lock
    MessageProcessor.handle_message = _route_or_handle
    MessageProcessor.trigger_external_user_uttered = _trigger_unless_with_agent


def check_agent(agent: Agent) -> None:
    """Make sure that the bot that was loaded is behind the router.

    Args:
        agent: Rasa's, with or without a model.

    Raises:
        UnsupportedEnvironment: If its class, or its processor's, handles messages its own way.
    """
    check_wrapped(type(agent), "handle_message", _under_lock)
    if agent.processor is not None:
        kind = type(agent.processor)
        check_wrapped(kind, "handle_message", _route_or_handle)
        check_wrapped(kind, "trigger_external_user_uttered", _trigger_unless_with_agent)


def uninstall() -> None:
    """Take the gate away."""
    global _router
    _router = None
    Agent.handle_message = _agent_handles
    MessageProcessor.handle_message = rasa_handles
    MessageProcessor.trigger_external_user_uttered = _processor_triggers


async def _route_or_handle(processor: MessageProcessor, message: UserMessage) -> Handled:
    if _router is not None and await _router.route(message, processor):
        return _collected(message)
    return await rasa_handles(processor, message)


async def _under_lock(agent: Agent, message: UserMessage) -> Handled:
    """Do not lose a message for want of the lock: Rasa would drop it, and say nothing.

    A lock is refused by a ticket that ran out while it waited, by two processes that took one at
    once from Rasa's own lock store, or by a Redis that does not answer.
    """
    if _router is not None:
        check_agent(agent)  # a model may have been put in the place of the one at the start
    for _ in range(_LOCK_ATTEMPTS):
        try:
            return await _with_or_without_model(agent, message)
        except LockError as error:
            refused = error
    log.error("handoff.router.no_lock")
    # The bot needs the lock. The agents' messages have an order of their own, in the store.
    if _router is not None and await _router.has_open_session(message.sender_id):
        await _router.route(message, agent.processor)
        return _collected(message)
    raise refused


async def _with_or_without_model(agent: Agent, message: UserMessage) -> Handled:
    handle: Callable[..., Awaitable[Handled]] = _agent_handles
    if _router is None or agent.is_ready():
        return await handle(agent, message)
    # No model is loaded, so Rasa would drop the message; an agent may be waiting for it.
    async with agent.lock_store.lock(message.sender_id):
        if await _router.route(message, None):
            return _collected(message)
    return await handle(agent, message)


async def _trigger_unless_with_agent(
    processor: MessageProcessor,
    intent_name: str,
    entities: Any,
    tracker: DialogueStateTracker,
    output_channel: Any,
) -> None:
    """Keep reminders and external triggers from talking over the agent."""
    if _router is not None and await _router.has_open_session(tracker.sender_id):
        log.info("handoff.trigger.ignored", intent=intent_name)
        return
    await _processor_triggers(processor, intent_name, entities, tracker, output_channel)


def _collected(message: UserMessage) -> Handled:
    output = message.output_channel
    return output.messages if isinstance(output, CollectingOutputChannel) else None
