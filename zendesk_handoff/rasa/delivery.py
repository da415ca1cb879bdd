"""Delivery of one message through a user's output channel, or as a pending message."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import structlog
from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.session import Session
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.outputs import exit_as_error
from zendesk_handoff.rasa.pending import PullOutput, deliver_pending
from zendesk_handoff.store import Store

if TYPE_CHECKING:
    from zendesk_handoff.rasa.bot import Bot

log = structlog.get_logger(__name__)

#: How often a channel may fail to send a message before that becomes a pending message.
_PUSH_ATTEMPTS = 5

Send = Callable[[OutputChannel], Awaitable[None]]


@runtime_checkable
class AgentAwareOutput(Protocol):
    """An output channel that shows an agent's name itself."""

    async def send_agent_message(self, recipient_id: str, message: AgentMessage) -> None:
        """Send an agent's message."""


@runtime_checkable
class IdempotentOutput(Protocol):
    """An output channel that sends a message with a known key only once."""

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
    """Copy a response for a channel; the values in its text are shown literally there.

    Args:
        output: The user's channel.
        message: The response, as ``send_response`` takes it.
        values: From outside, for example an agent's name.
    """
    copied = copy.deepcopy(message)
    if isinstance(output, MarkupOutput) and isinstance(copied.get("text"), str):
        for value in filter(None, values):
            copied["text"] = copied["text"].replace(value, output.escape_markup(value))
    return copied


async def send_once(
    output: OutputChannel, recipient_id: str, message: dict[str, Any], *, key: str | None
) -> None:
    """Send a response, once where the channel is idempotent; a crash may repeat the step.

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
    """Sends to users through the channels they last used.

    Args:
        store: The store, for messages that cannot be pushed.
        bot: Knows the channels, and generates responses.
    """

    def __init__(self, store: Store, bot: Bot) -> None:
        """Start with no failures."""
        self._store = store
        self._bot = bot
        self._failures: Counter[str] = Counter()

    async def can_push(self, session: Session) -> bool:
        """Tell whether the session's channel can push now.

        Args:
            session: The user's.
        """
        return await self._bot.outputs.find(session.channel) is not None

    async def say(
        self, session: Session, response: str, *, key: str | None = None, **values: str
    ) -> None:
        """Send a response of the domain; the caller holds the sender's lock.

        Args:
            session: The user's.
            response: ``utter_…``.
            key: Identifies the message, for channels that are idempotent.
            **values: Values of the response's variables besides the slots.
        """

        async def send(output: OutputChannel) -> None:
            await self._bot.say(
                session.sender_id,
                response,
                output,
                key=key,
                locale=session.profile.get("locale"),
                **values,
            )

        await self.send(session, send, key=key or f"{session.id}:{response}")

    async def send(self, session: Session, send: Send, *, key: str) -> None:
        """Send a message; after several failures it becomes a pending message.

        Earlier pending messages are sent first. Where they cannot be, this one becomes pending too.

        Args:
            session: The user's.
            send: Sends the message through the output channel that it is given.
            key: Identifies the message while its failures are counted.

        Raises:
            Exception: Of the channel, which is to be tried again.
        """
        output = await self._bot.outputs.find(session.channel) or PullOutput(self._store)
        if not isinstance(output, PullOutput) and await self._store.pending.has(session.sender_id):
            await deliver_pending(self._store, session.sender_id, output)
            if await self._store.pending.has(session.sender_id):
                output = PullOutput(self._store)
        try:
            with exit_as_error():
                await send(output)
        except StoreUnavailable:
            raise
        except Exception as error:
            self._failures[key] += 1
            if self._failures[key] < _PUSH_ATTEMPTS:
                raise
            log.error(
                "handoff.push.given_up",
                session=session.id,
                channel=session.channel,
                **error_fields(error),
                meaning="the message goes with the user's next one",
            )
            self._bot.outputs.forget(session.channel)
            await send(PullOutput(self._store))
        self._failures.pop(key, None)
