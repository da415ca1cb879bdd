"""Routing of user messages: to the agent while a session is open, otherwise to the bot."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace

import structlog
from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor

from zendesk_handoff import metrics
from zendesk_handoff.domain.end_phrases import EndPhrases, is_restart
from zendesk_handoff.domain.responses import ELSEWHERE, NOT_PASSED_ON
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import LimitReached, StoreUnavailable
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.handover.user_counter import UserCounter
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.inbox_delivery import send_waiting
from zendesk_handoff.rasa.pending import PullOutput
from zendesk_handoff.rasa.places import deliver_to_place, note_place, output_to
from zendesk_handoff.rasa.ratings import take_rating
from zendesk_handoff.rasa.request_limits import address_of
from zendesk_handoff.rasa.session_end import (
    notify_end,
    replay_to_bot,
    restart_session,
    unseen_messages,
)
from zendesk_handoff.rasa.user_messages import (
    attachments_of,
    message_bodies,
    metadata_of,
    pop_message_key,
)
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import Store
from zendesk_handoff.store.outbox import marker_of

log = structlog.get_logger(__name__)

#: Senders of whom is remembered that a session was open.
_MAX_SENDERS = 10_000
_MAX_NAME = 64  # of a channel's name in a log line


class Router:
    """Routes user messages by the state of their senders' sessions.

    Args:
        store: The store, whose state is authoritative.
        bot: The bot, for messages without an open session.
        settings: The plugin's settings, with the phrases that end a session.
        quotas: Counts messages that a limit refuses; by default by itself.
        user_counter: Counts the users who write; by default by itself.
    """

    def __init__(
        self,
        store: Store,
        bot: Bot,
        settings: Settings,
        quotas: Quotas | None = None,
        user_counter: UserCounter | None = None,
    ) -> None:
        """Prepare the end phrases."""
        self._quotas = quotas or Quotas(settings.limits)
        self._user_counter = user_counter or UserCounter(store)
        self._store = store
        self._bot = bot
        self._settings = settings
        self._end_phrases = EndPhrases(settings.end_phrases)
        self._seen_open: OrderedDict[str, None] = OrderedDict()

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
            self._remember(sender_id, session)
            if key and redelivered and await self._is_known(message, key):
                return True
            self._note_address(message)
            if session is not None and self._bot.channels.is_foreign(message, session):
                return await self._keep_apart(message, session, processor)
            metrics.count_routed("agent" if _is_open(session) else "bot")
            if session is not None and session.state.is_open:
                if session.is_native:
                    return True  # the agents read it where the user wrote it
                return await self._forward(
                    message, session, key, processor, has_pending=has_pending
                )
            self._user_counter.saw(self._bot.channels.name_of(message), sender_id)
            if session is None:
                if has_pending:
                    await self._deliver_pending(message, None)
                rated = await self._take_rating(message, None)
                return rated or await self._notify_undelivered_files(message)
            if key is None and await self._is_repeat(message):
                return True
            if await self._take_rating(message, session):
                return True
            routed = await self._return_to_bot(
                message, session, key, processor, has_pending=has_pending
            )
            return routed or await self._notify_undelivered_files(message)
        except StoreUnavailable as error:
            metrics.count_routed("store_unavailable")
            log.error("handoff.router.store_unavailable", error=str(error))
            # Memory and Rasa's own pause are the next best sources; a paused bot would drop the
            # message.
            is_open = _is_open(session) or sender_id in self._seen_open
            if not is_open and not await self._bot.is_paused(sender_id):
                return False
            locale = session.profile.get("locale") if session else None
            await self._bot.refuse(message, NOT_PASSED_ON, locale=locale)
            return True

    async def refuse_reserved(self, message: UserMessage) -> bool:
        """Refuse a message whose sender id is the chat page's, and which is not.

        Args:
            message: A message of any channel.

        Returns:
            Whether it was refused: neither bot, tracker nor session may see it.
        """
        is_reserved = self._bot.channels.is_reserved(message)
        if is_reserved:
            await self._refuse(message)
        return is_reserved

    def annotate(self, message: UserMessage) -> None:
        """Record in a message for the bot what the action server needs to know with it.

        Args:
            message: A user's.
        """
        self._bot.annotate(message)

    async def has_open_session(self, sender_id: str) -> bool:
        """Tell whether a session is open for a sender.

        Args:
            sender_id: The user.
        """
        return _is_open(await self._store.sessions.current(sender_id))

    async def _keep_apart(
        self, message: UserMessage, session: Session, processor: MessageProcessor | None
    ) -> bool:
        """Keep a message away from a session of another channel: its sender proves nothing.

        A session that is over hinders nobody once its own user is notified. Then the bot goes on
        with anybody, but what agents wrote still waits for that user alone.
        """
        if session.state.is_open or not session.end_notified or await self._has_unseen(session):
            await self._refuse(message, session)
            return True
        metrics.count_routed("bot")
        if processor is not None:
            await restart_session(self._store, self._bot, session, message)
        return False

    async def _has_unseen(self, session: Session) -> bool:
        return bool(await unseen_messages(self._store, session))

    async def _refuse(self, message: UserMessage, session: Session | None = None) -> None:
        metrics.count_routed("refused")
        log.warning(
            "handoff.router.refused",
            channel=self._bot.channels.name_of(message)[:_MAX_NAME],
            session=session.id if session else None,
            meaning="the sender id is another channel's, and this one does not prove it",
        )
        await self._bot.refuse(message, ELSEWHERE)

    async def _is_known(self, message: UserMessage, key: str) -> bool:
        """Tell whether a redelivered message was forwarded or handled before."""
        if await self._store.outbox.has(key):
            return True
        return await self._bot.has_handled(message.sender_id, message.message_id)

    async def _is_repeat(self, message: UserMessage) -> bool:
        """Tell whether a platform has sent a message again that was stored for the agents."""
        key = _platform_key(message, self._bot.channels.content_of(message))
        return key is not None and await self._store.outbox.has(key)

    async def _forward(
        self,
        message: UserMessage,
        session: Session,
        key: str | None,
        processor: MessageProcessor | None,
        *,
        has_pending: bool,
    ) -> bool:
        channels = self._bot.channels
        content = await channels.read(message)
        session = await note_place(self._store, channels, message, session, content)
        key = key or _platform_key(message, content)
        # Of a group, the text that the bot gets may begin with a mention of the bot.
        texts = (message.text or "", content.text)
        if content.change is None and any(each in self._end_phrases for each in texts):
            return await self._leave(message, session, key, processor)
        if content.title is None and content.text.startswith("/"):
            content = await self._with_title(message, content)
        # A pending list of choices has not been seen: its numbers mean nothing to the user yet.
        choices, are_seen = self._bot.in_delivery.choices_of(session), not has_pending
        channel = channels.name_of(message)
        bodies = message_bodies(message, content, choices, channel=channel, are_seen=are_seen)
        limit = self._settings.limits.waiting_messages
        is_refused = False
        try:
            if bodies and not await self._store.outbox.add(
                session.id, bodies, key=key, max_waiting=limit
            ):
                # The session has ended since it was read.
                over = await self._store.sessions.get(session.id) or session
                return await self._return_to_bot(message, over, key, processor)
        except LimitReached as error:
            self._quotas.count(error.limit)
            is_refused = True
        if content.lost or is_refused:
            await self._bot.say(
                message.sender_id,
                NOT_PASSED_ON,
                await output_to(self._store, channels, message, session, content),
                locale=session.profile.get("locale"),
            )
        if has_pending:
            with suppress(StoreUnavailable):  # the message is stored; pending ones can wait
                await self._deliver_pending(message, session)
        return True

    async def _leave(
        self,
        message: UserMessage,
        session: Session,
        key: str | None,
        processor: MessageProcessor | None,
    ) -> bool:
        """End a session because its user has said so; the bot restarts if that was the word."""
        marker = marker_of(key, 0) if key else None  # recognises a redelivered message
        ended = await self._store.sessions.end_by_us(session.id, EndReason.USER, marker=marker)
        if is_restart(message.text or "") and processor is not None:
            return await self._return_to_bot(message, ended, None, processor)
        await self._notify_end(message, ended, is_followed=False)
        return True

    async def _with_title(self, message: UserMessage, content: UserContent) -> UserContent:
        """Read the title of a pressed button out of the conversation: no agent reads a payload."""
        if isinstance(metadata_of(message).get("title"), str):
            return content
        title = await self._bot.shown_title(message.sender_id, content.text)
        return content if title is None else replace(content, title=title)

    def _note_address(self, message: UserMessage) -> None:
        """Remember where a user writes from, should the bot hand them over."""
        channels = self._bot.channels
        request = channels.users_request(message)
        if request is not None:
            address = address_of(request, self._quotas)
            self._quotas.note_address(channels.name_of(message), message.sender_id, address)

    def _remember(self, sender_id: str, session: Session | None) -> None:
        if not _is_open(session):
            self._seen_open.pop(sender_id, None)
            return
        self._seen_open[sender_id] = None
        self._seen_open.move_to_end(sender_id)
        if len(self._seen_open) > _MAX_SENDERS:
            self._seen_open.popitem(last=False)

    async def _take_rating(self, message: UserMessage, session: Session | None) -> bool:
        return await take_rating(self._store, self._settings, self._bot, message, session)

    async def _deliver_pending(self, message: UserMessage, session: Session | None) -> None:
        await deliver_to_place(self._store, self._bot.channels, message, session)

    async def _return_to_bot(
        self,
        message: UserMessage,
        session: Session,
        key: str | None,
        processor: MessageProcessor | None,
        *,
        has_pending: bool = True,
    ) -> bool:
        await self._notify_end(message, session, is_followed=True, has_pending=has_pending)
        newer: Session | None = None
        if not session.end_notified or session.state is State.FAILED:
            newer = await self._store.sessions.current(message.sender_id)
        if newer is not None and newer.id != session.id and newer.state.is_open:
            # A message replayed to the bot has started another handover.
            await self._store.sessions.finalize(session.id)
            return await self._forward(message, newer, key, processor, has_pending=False)
        if processor is not None:
            await restart_session(self._store, self._bot, session, message)
        return False

    async def _notify_undelivered_files(self, message: UserMessage) -> bool:
        """Tell the user that a file did not reach the agent; the bot cannot read it.

        The chat page accepts files only during a session, which may end before they are forwarded.
        """
        has_upload = any("upload_id" in each for each in attachments_of(message))
        if (message.text or "").strip() or not has_upload:
            return False
        output = self._bot.channels.output_of(message)
        await self._bot.say(message.sender_id, NOT_PASSED_ON, output)
        return True

    async def _notify_end(
        self,
        message: UserMessage,
        session: Session,
        *,
        is_followed: bool,
        has_pending: bool = True,
    ) -> None:
        """Deliver pending messages, and notify the user of the end unless that was done before.

        A server may have died after the notification was sent. A channel that cannot tell is
        notified through the pending messages, which can.
        """
        output = self._bot.channels.output_of(message)
        if not session.end_notified:
            once: ChannelOutput | PullOutput = PullOutput(self._store)
            if isinstance(output, ChannelOutput) and output.is_idempotent:
                once = output
            # What agents wrote before the end comes before its notice.
            await send_waiting(self._store, self._settings, self._bot, session, once)
            await notify_end(
                self._store,
                self._settings,
                self._bot,
                session,
                once,
                is_followed=is_followed,
                # There the bot's answer follows in the conversation that the agents had.
                is_silent=session.is_native and session.has_reached_agents,
            )
        elif session.state is State.FAILED:
            await replay_to_bot(self._store, self._bot, session, output)
        if has_pending or not session.end_notified:
            await self._deliver_pending(message, session)


def _platform_key(message: UserMessage, content: UserContent) -> str | None:
    """Make the key of a message of which the platform's id is known: platforms repeat messages."""
    return f"{message.sender_id}\n{content.key}" if content.key else None


def _is_open(session: Session | None) -> bool:
    return session is not None and session.state.is_open
