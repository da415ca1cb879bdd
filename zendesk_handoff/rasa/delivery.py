"""Delivery of messages to a session's user: pushed through the channel, or as pending messages."""

from __future__ import annotations

import copy
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import structlog
from rasa.core.channels.channel import OutputChannel
from rasa.shared.core.events import BotUttered

from zendesk_handoff.domain.responses import MESSAGE_DELETED
from zendesk_handoff.domain.session import Session
from zendesk_handoff.errors import NotDelivered, StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.channel_output import LITERAL_VALUES, RESPONSE, ChannelOutput
from zendesk_handoff.rasa.foreign import call_foreign
from zendesk_handoff.rasa.pending import PullOutput, deliver_pending
from zendesk_handoff.rasa.progress import SessionProgress
from zendesk_handoff.store import Store

if TYPE_CHECKING:
    from zendesk_handoff.rasa.bot import Bot

log = structlog.get_logger(__name__)

#: Seconds for which a message is sent again that a channel may take later. Then it waits for the
#: user's next message.
GIVE_UP_AFTER = 600.0
#: Seconds between two attempts: at first, and at most. A platform may ask for more.
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0

UserChannel = ChannelOutput | PullOutput
Send = Callable[[UserChannel], Awaitable[None]]


@runtime_checkable
class IdempotentOutput(Protocol):
    """An output channel that can send a message with a key only once."""

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Send a response unless one with this key was sent before."""


@runtime_checkable
class MarkupOutput(Protocol):
    """An output channel that renders texts as markup."""

    def escape_markup(self, text: str) -> str:
        """Write a text so that it is shown literally."""


def with_literal_values(
    output: OutputChannel, message: dict[str, Any], values: Iterable[str]
) -> dict[str, Any]:
    """Copy a response for a channel; the values in its text are to be shown literally there.

    They are marked where the channel on which the user reads it is known only when it is sent.

    Args:
        output: The user's channel.
        message: The response, as ``send_response`` takes it.
        values: From outside, for example an agent's name.
    """
    copied = copy.deepcopy(message)
    text = copied.get("text")
    found = [each for each in values if each and isinstance(text, str) and each in text]
    if isinstance(output, (ChannelOutput, PullOutput)) and found:
        copied[LITERAL_VALUES] = found
    elif isinstance(output, MarkupOutput):
        for value in found:
            copied["text"] = copied["text"].replace(value, output.escape_markup(value))
    return copied


def named(output: OutputChannel, message: dict[str, Any], response: str) -> dict[str, Any]:
    """Add to a message which response it is, for a channel that shows some of them in another way.

    Args:
        output: The user's channel.
        message: The response, as ``send_response`` takes it.
        response: ``utter_…``.
    """
    is_ours = isinstance(output, (ChannelOutput, PullOutput))
    return {**message, RESPONSE: response} if is_ours else message


async def send_once(
    output: OutputChannel, recipient_id: str, message: dict[str, Any], *, key: str | None
) -> None:
    """Send a response, once where the channel can tell; a crash may repeat the step.

    Args:
        output: The user's channel.
        recipient_id: The user.
        message: The response, as ``send_response`` takes it.
        key: Identifies the message.
    """
    if key is not None and isinstance(output, IdempotentOutput):
        await output.send_once(recipient_id, message, key=key)
    else:
        await output.send_response(recipient_id, message)


class UserOutput:
    """Sends to users at the place where they last wrote.

    Args:
        store: The store, for messages that cannot be pushed.
        bot: Knows the channels, and generates responses.
    """

    def __init__(self, store: Store, bot: Bot) -> None:
        """Start with no failures."""
        self._store = store
        self._bot = bot
        self._attempts: dict[str, _Attempts] = {}
        self._forget_at = 0.0

    async def can_push(self, session: Session) -> bool:
        """Tell whether the session's channel can push now.

        Args:
            session: The user's.
        """
        return await self._bot.channels.output(session) is not None

    async def say(
        self, session: Session, response: str, *, key: str | None = None, **values: str
    ) -> None:
        """Send a response of the domain; the caller holds the sender's lock.

        Args:
            session: The user's.
            response: ``utter_…``.
            key: Identifies the message, for channels that are idempotent.
            **values: Values of the response's variables besides the slots.

        Raises:
            NotDelivered: It is to be sent again.
        """

        async def send(output: OutputChannel) -> None:
            await self._bot.say(
                session.sender_id,
                response,
                output,
                key=key,
                locale=session.profile.get("locale"),
                tracker=None,
                **values,
            )

        await self.send(session, send, key=key or f"{session.id}:{response}")

    async def tell(
        self, session: Session, response: str, *, key: str, **values: str
    ) -> BotUttered | None:
        """Send a response of the domain; the caller holds the sender's lock and records it.

        Args:
            session: The user's.
            response: ``utter_…``.
            key: Identifies the message, for channels that are idempotent.
            **values: Values of the response's variables besides the slots.

        Returns:
            The event for the tracker.

        Raises:
            NotDelivered: It is to be sent again.
        """
        said: BotUttered | None = None

        async def send(output: OutputChannel) -> None:
            nonlocal said
            said = await self._bot.tell(
                session.sender_id,
                response,
                output,
                key=key,
                locale=session.profile.get("locale"),
                tracker=None,
                **values,
            )

        await self.send(session, send, key=key)
        return said

    async def take_back(self, session: Session, *, key: str) -> None:
        """Remove a message, where the channel can; else tell the user that it was deleted.

        Args:
            session: The user's; the caller holds the sender's lock.
            key: With which the message was sent.

        Raises:
            NotDelivered: It is to be done again.
        """
        channel = await self._bot.channels.output(session)
        if channel is not None and await channel.take_back(session.sender_id, key=key):
            return
        await self.say(session, MESSAGE_DELETED, key=f"{session.id}:deleted:{key}")

    async def send(self, session: Session, send: Send, *, key: str) -> None:
        """Send a message of the bot's; one that the channel refuses becomes a pending message.

        Args:
            session: The user's.
            send: Sends the message through the output channel that it is given.
            key: Identifies the message.

        Raises:
            NotDelivered: It is to be sent again, after ``retry_after`` seconds.
        """
        try:
            await self.push(session, send, key=key)
        except NotDelivered as refusal:
            if refusal.may_repeat:
                raise
            rest = {refusal.key: refusal.undelivered} if refusal.key else {}
            await send(PullOutput(self._store, rest=rest))

    async def push(
        self, session: Session, send: Send, *, key: str, event_id: int | None = None
    ) -> bool:
        """Send a message, after the pending ones; where the user cannot be reached, it is pending.

        Args:
            session: The user's.
            send: Sends the message through the output channel that it is given.
            key: Identifies the message.
            event_id: The agent's message in the inbox, if it is one.

        Returns:
            Whether the channel has confirmed that it delivers the message.

        Raises:
            NotDelivered: It is to be sent again, after ``retry_after`` seconds; or the channel has
                refused it (``may_repeat`` is false), and the caller is to keep it.
        """
        attempts = self._attempts.get(key)
        if attempts is not None and (pause := attempts.time_left()) > 0:
            raise NotDelivered(attempts.reason, may_repeat=True, retry_after=pause)
        progress = self._progress(session, event_id, key=key)
        channel = await self._bot.channels.output(session, progress=progress)
        if channel is None:
            await send(PullOutput(self._store))
            return False  # as long as it waits
        is_first = False  # in the user's queue
        try:
            await self._flush(session, channel)
            is_first = True
            await call_foreign(send, channel)
        except StoreUnavailable:
            raise
        except Exception as error:
            failure = _as_failure(error)
            self._plan_repeat(failure, session, key)
            refusal = NotDelivered(failure.reason, may_repeat=False)
            if is_first:
                refusal.undelivered, refusal.key = failure.undelivered, failure.key
            raise refusal from error
        self._attempts.pop(key, None)
        return channel.is_confirmed

    async def send_pending(self, session: Session) -> None:
        """Send a user's pending messages, as far as the channel takes them.

        Args:
            session: The user's; the caller holds the sender's lock.
        """
        progress = self._progress(session)
        channel = await self._bot.channels.output(session, progress=progress)
        if channel is not None:
            await deliver_pending(self._store, session.sender_id, channel, channel=session.channel)

    def hurry(self, session_id: str) -> None:
        """Let the next attempts wait no longer: the user can be reached again.

        Args:
            session_id: The session.
        """
        for attempts in self._attempts.values():
            if attempts.session_id == session_id:
                attempts.hurry()

    def _progress(
        self, session: Session, event_id: int | None = None, *, key: str = ""
    ) -> SessionProgress:
        return SessionProgress(self._store, session.id, session.channel, event_id=event_id, key=key)

    async def _flush(self, session: Session, channel: ChannelOutput) -> None:
        """Send the user's earlier messages, which no other may overtake.

        Raises:
            Exception: The channel has not taken one of them.
        """
        if not await self._store.pending.has(session.sender_id, session.channel):
            return
        closed = await self._store.deliveries.closed(session.id)
        if closed is not None:  # what is sent now would be taken, and refused again
            raise NotDelivered(closed, may_repeat=False, is_of_form=False)
        failure = await deliver_pending(
            self._store, session.sender_id, channel, channel=session.channel
        )
        if failure is not None:
            raise failure
        if await self._store.pending.has(session.sender_id, session.channel):
            raise NotDelivered("an earlier message still waits for the user", may_repeat=True)

    def _plan_repeat(self, failure: NotDelivered, session: Session, key: str) -> None:
        """Raise the failure while the message is to be sent again.

        Of a session that is over the messages wait for the user, who is with the bot again.
        """
        self._forget_old()
        attempts = self._attempts.setdefault(key, _Attempts(session.id))
        pause = attempts.plan(failure)
        if failure.may_repeat and session.is_open and not attempts.are_over:
            raise NotDelivered(failure.reason, may_repeat=True, retry_after=pause)
        self._attempts.pop(key, None)
        log.error(
            "handoff.push.given_up",
            session=session.id,
            channel=session.channel,
            reason=failure.reason,
            meaning="the message goes with the user's next one",
        )

    def _forget_old(self) -> None:
        """Forget messages that another process has sent, or that were withdrawn."""
        now = time.monotonic()
        if now < self._forget_at:
            return
        self._forget_at = now + GIVE_UP_AFTER
        for key in [key for key, each in self._attempts.items() if each.are_old]:
            del self._attempts[key]


class _Attempts:
    """The attempts at sending one message of a session, by the monotonic clock."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self._since = time.monotonic()
        self._next = self._since
        self._count = 0
        self.reason = ""

    def plan(self, failure: NotDelivered) -> float:
        """Plan the next attempt after a failure; return the seconds until then."""
        pause = min(_FIRST_PAUSE * 2.0**self._count, _LONGEST_PAUSE)
        pause = max(pause, failure.retry_after or 0.0)
        self._count += 1
        self._next = time.monotonic() + pause
        self.reason = failure.reason
        return pause

    def hurry(self) -> None:
        """Plan the next attempt for now."""
        self._next = time.monotonic()

    def time_left(self) -> float:
        """Return the seconds until the next attempt."""
        return self._next - time.monotonic()

    @property
    def are_old(self) -> bool:
        """Whether the next attempt should have been made long ago."""
        return self._next < time.monotonic() - GIVE_UP_AFTER

    @property
    def are_over(self) -> bool:
        """Whether the next attempt would come too late."""
        return self._next > self._since + GIVE_UP_AFTER


def _as_failure(error: Exception) -> NotDelivered:
    if isinstance(error, NotDelivered):
        return error
    log.warning("handoff.channel.failed", **error_fields(error))
    return NotDelivered("the channel failed", may_repeat=True)
