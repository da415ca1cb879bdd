"""Routing of user messages: to the agent while a session is open, otherwise to the bot."""

from __future__ import annotations

from contextlib import suppress

import structlog
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor

from zendesk_handoff import metrics
from zendesk_handoff.domain.responses import NOT_PASSED_ON, default_response
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.delivery import IdempotentOutput
from zendesk_handoff.rasa.pending import PullOutput, deliver_pending
from zendesk_handoff.rasa.session_end import notify_end, replay_to_bot, restart_session
from zendesk_handoff.rasa.user_messages import message_bodies, pop_message_key
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import marker_of

log = structlog.get_logger(__name__)

#: The payload of the plugin's own buttons that end a session.
END_PAYLOAD = "/end_handoff"


class Router:
    """Routes user messages by the state of their senders' sessions.

    Args:
        store: The store, whose state is authoritative.
        bot: The bot, for messages without an open session.
        settings: The plugin's settings, with the phrases that end a session.
    """

    def __init__(self, store: Store, bot: Bot, settings: Settings) -> None:
        """Prepare the end phrases."""
        self._store = store
        self._bot = bot
        phrases = {*settings.end_phrases, END_PAYLOAD}  # the buttons work with any phrases
        self._end_phrases = {phrase.casefold() for phrase in phrases}

    async def route(self, message: UserMessage, processor: MessageProcessor | None) -> bool:
        """Route a user message to the agent if a session is open; the caller holds the lock.

        Args:
            message: A message of any channel.
            processor: The bot, where a model is loaded.

        Returns:
            Whether the message is dealt with, so that the bot must not handle it.
        """
        sender_id = message.sender_id
        key, redelivered = pop_message_key(message)
        session: Session | None = None
        try:
            session, has_pending = await self._store.load_state(sender_id)
            if key and redelivered and await self._is_known(message, key):
                return True
            metrics.count_routed("agent" if _is_open(session) else "bot")
            if session is None:
                if has_pending:
                    await deliver_pending(self._store, sender_id, message.output_channel)
                return await self._notify_undelivered_files(message)
            if session.state.is_open:
                await self._forward(message, session, key, has_pending=has_pending)
                return True
            routed = await self._return_to_bot(message, session, key, processor)
            return routed or await self._notify_undelivered_files(message)
        except StoreUnavailable:
            metrics.count_routed("store_unavailable")
            log.error("handoff.router.store_unavailable")
            # Rasa's own pause is the next best source; a paused bot would drop the message.
            if not _is_open(session) and not await self._bot.is_paused(sender_id):
                return False
            await message.output_channel.send_text_message(
                sender_id, default_response(NOT_PASSED_ON)
            )
            return True

    async def has_open_session(self, sender_id: str) -> bool:
        """Tell whether a session is open for a sender.

        Args:
            sender_id: The user.
        """
        return _is_open(await self._store.sessions.current(sender_id))

    async def _is_known(self, message: UserMessage, key: str) -> bool:
        """Tell whether a redelivered message was forwarded or handled before."""
        if await self._store.outbox.has(key):
            return True
        return await self._bot.has_handled(message.sender_id, message.message_id)

    async def _forward(
        self, message: UserMessage, session: Session, key: str | None, *, has_pending: bool
    ) -> None:
        channel = message.input_channel
        if channel and channel != session.channel:
            session = await self._store.sessions.change_channel(session.id, channel)
        if (message.text or "").strip().casefold() in self._end_phrases:
            marker = marker_of(key, 0) if key else None  # recognises a redelivered message
            ended = await self._store.sessions.end_by_us(session.id, EndReason.USER, marker=marker)
            await self._notify_end(message, ended)
            return
        bodies = message_bodies(message)
        if bodies:
            await self._store.outbox.add(session.id, bodies, key=key)
        if has_pending:
            with suppress(StoreUnavailable):  # the message is stored; pending ones can wait
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
            # A message replayed to the bot has started another handover.
            await self._store.sessions.finalize(session.id)
            await self._forward(message, newer, key, has_pending=False)
            return True
        if processor is not None:
            await restart_session(self._store, session, message, processor)
        return False

    async def _notify_undelivered_files(self, message: UserMessage) -> bool:
        """Tell the user that a file did not reach the agent; the bot cannot read it.

        The chat page accepts files only during a session, which may end before they are forwarded.
        """
        attachments = (message.metadata or {}).get("attachments")
        files = [each for each in attachments or () if isinstance(each, dict)]
        if (message.text or "").strip() or not any("upload_id" in each for each in files):
            return False
        await self._bot.say(message.sender_id, NOT_PASSED_ON, message.output_channel)
        return True

    async def _notify_end(self, message: UserMessage, session: Session) -> None:
        """Deliver pending messages, and notify the user of the end unless that was done before.

        A server may have died after the notification was sent. A channel that cannot tell is
        notified through the pending messages, which can.
        """
        output = message.output_channel
        if not session.end_notified:
            is_idempotent = isinstance(output, IdempotentOutput)
            once = output if is_idempotent else PullOutput(self._store)
            await notify_end(self._store, self._bot, session, once)
        elif session.state is State.FAILED:
            await replay_to_bot(self._store, self._bot, session, output)
        await deliver_pending(self._store, message.sender_id, output)


def _is_open(session: Session | None) -> bool:
    return session is not None and session.state.is_open
