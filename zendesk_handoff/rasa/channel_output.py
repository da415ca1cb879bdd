"""The output channel to a user's place, through the adapter of the user's channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import structlog
from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.links import is_public, web_address
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.rendering import divide, in_words, one_line
from zendesk_handoff.errors import NotDelivered, StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, Receipt
from zendesk_handoff.rasa.foreign import call_foreign

log = structlog.get_logger(__name__)

#: Seconds within which a platform must have taken a message.
_SEND_TIMEOUT = 30.0
#: Marks a message whose text is an agent's, and is to be shown literally.
BY_AGENT = "by_agent"
#: Lists what in the text of a response comes from outside, and is to be shown literally.
LITERAL_VALUES = "literal_values"
#: Names the agent who sends a message: ``name`` and, where it may be shown, ``picture``.
SENT_BY = "sent_by"
#: Names the response that a message of the bot's is, as Rasa's own events do.
RESPONSE = "utter_action"
#: What is of one channel alone, such as escapes, is not written into a message before it is sent
#: there: a message that is refused waits, and may go through another channel.
MARKS = (BY_AGENT, LITERAL_VALUES, SENT_BY, RESPONSE)
_NOTHING = "the message has nothing that the channel can show"
#: What of a message can be said in words instead.
_FORMS = frozenset({"buttons", "image", "attachment", "elements", "custom"})


class Progress(Protocol):
    """Remembers which parts of a message a platform has taken, over a restart."""

    async def parts_sent(self, key: str) -> int:
        """Count the parts of a message that were sent before."""

    async def record(self, key: str, part: int, receipt: Receipt, body: dict[str, Any]) -> None:
        """Record that the platform has taken a part."""


class ChannelOutput(OutputChannel):
    """Sends to one place of a channel. A message counts as sent when the platform has taken it.

    Args:
        adapter: The channel's.
        channel: The channel's name.
        address: Where the conversation takes place.
        progress: For messages with a key; without it, an interrupted message is sent
            from its beginning.
    """

    def __init__(
        self,
        adapter: ChannelAdapter,
        channel: str,
        address: Address,
        *,
        progress: Progress | None = None,
    ) -> None:
        """Start with nothing sent."""
        super().__init__()
        self._adapter = adapter
        self._channel = channel
        self._address = address
        self._progress = progress
        #: Whether everything that was sent is confirmed.
        self.is_confirmed = True

    def name(self) -> str:
        """Return the name by which channel-specific responses are selected."""
        return self._channel

    @property
    def is_idempotent(self) -> bool:
        """Whether a message with a key is never shown twice."""
        return self._adapter.is_idempotent

    @property
    def is_own_page(self) -> bool:
        """Whether the user is on a page of this server, so that a path of ours is an address."""
        return self._adapter.is_own_page

    @property
    def has_progress(self) -> bool:
        """Whether it remembers what was sent under a key, and by which id the platform reports."""
        return self._progress is not None

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Send a response, in as many messages as the channel needs.

        Raises:
            NotDelivered: The platform has not taken all of it.
        """
        await self._send_all(recipient_id, self._divide(message), key=None)

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Send a response; what of it was sent before under this key is left out.

        Raises:
            NotDelivered: The platform has not taken all of it.
        """
        await self._send_all(recipient_id, self._divide(message), key=key)

    async def send_agent_message(
        self, recipient_id: str, message: AgentMessage, *, key: str
    ) -> None:
        """Send an agent's message; what of it was sent before under this key is left out.

        Raises:
            NotDelivered: The platform has not taken all of it.
        """
        marks = {BY_AGENT: True, **_sent_by(message)}
        parts = [{**each, **marks} for each in self._adapter.render(message)]
        if not parts and not self._adapter.shows_agents:
            raise NotDelivered(_NOTHING, may_repeat=False)
        await self._send_all(recipient_id, parts, key=key)

    async def take_back(self, recipient_id: str, *, key: str) -> bool:
        """Remove a message that was sent under a key; return whether the user sees that.

        Args:
            recipient_id: Rasa's id of the user.
            key: The message's.
        """
        try:
            return await call_foreign(
                *(self._adapter.take_back, recipient_id, self._address),
                key=key,
                timeout=_SEND_TIMEOUT,
            )
        except StoreUnavailable:
            raise
        except Exception as error:
            log.warning("handoff.channel.failed", channel=self._channel, **error_fields(error))
            return False

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Send a text."""
        await self.send_response(recipient_id, {"text": text})

    def _divide(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        marks = {name: message[name] for name in MARKS if message.get(name)}
        limits = self._adapter.limits_at(self._address)
        limits = limits.as_written(lambda text: self._written(text, marks))
        parts = [{**each, **marks} for each in divide(message, limits)]
        if not parts and message.get(BY_AGENT):  # a designer's empty response says nothing
            raise NotDelivered(_NOTHING, may_repeat=False)
        return parts

    def _written(self, text: str, marks: Mapping[str, Any]) -> str:
        return written(self._adapter, text, marks)

    async def _send_all(
        self, recipient_id: str, parts: Sequence[dict[str, Any]], *, key: str | None
    ) -> None:
        progress = self._progress if key is not None else None
        several = len(parts) > 1
        sent = await progress.parts_sent(str(key)) if progress and several else 0
        self.is_confirmed = self.is_confirmed and not sent  # its record tells
        for number, part in enumerate(parts[sent:], start=sent):
            part_key = f"{key}:{number}" if key and number else key or ""
            try:
                receipt = await self._send(recipient_id, part, key=part_key)
            except NotDelivered as failure:
                left = failure.undelivered or [part]
                failure.undelivered = [dict(each) for each in (*left, *parts[number + 1 :])]
                failure.key = key
                raise
            if progress and (several or receipt.reference):
                await progress.record(str(key), number, receipt, part)

    async def _send(self, recipient_id: str, part: dict[str, Any], *, key: str) -> Receipt:
        """Send one part; what the platform refuses in this form is said in words.

        Those may need several messages, whose progress is kept under a key of their own: once some
        of them were taken, the part is not offered in its form again.
        """
        can_be_words = bool(part.keys() & _FORMS)
        progress = self._progress if key and can_be_words else None
        said = await progress.parts_sent(f"{key}:words") if progress else 0
        if not said:
            try:
                receipt = await self._attempt(recipient_id, part, key=key)
            except NotDelivered as refusal:
                if not (can_be_words and refusal.is_of_form):
                    raise
                log.warning("handoff.push.in_words", channel=self._channel, reason=refusal.reason)
            else:
                self.is_confirmed = self.is_confirmed and receipt.is_confirmed
                return receipt
        marks = {name: part[name] for name in part.keys() - _FORMS}
        words = self._divide({**marks, "text": in_words(part)})
        self.is_confirmed = self.is_confirmed and not said
        is_final = True
        for number, piece in enumerate(words[said:], start=said):
            piece_key = f"{key}:words{number or ''}" if key else ""
            try:
                receipt = await self._attempt(recipient_id, piece, key=piece_key)
            except NotDelivered as failure:
                failure.undelivered = words[number:]
                raise
            self.is_confirmed = self.is_confirmed and receipt.is_confirmed
            is_final = is_final and (receipt.is_confirmed or bool(receipt.reference))
            if progress and (len(words) > 1 or receipt.reference):
                await progress.record(f"{key}:words", number, receipt, piece)
        return Receipt(is_confirmed=is_final)  # each piece is reported by its own reference

    async def _attempt(self, recipient_id: str, part: dict[str, Any], *, key: str) -> Receipt:
        try:
            return await call_foreign(
                self._take, recipient_id, part, key=key, timeout=_SEND_TIMEOUT
            )
        except (NotDelivered, StoreUnavailable):
            raise
        except asyncio.TimeoutError:
            raise NotDelivered("the channel did not answer in time", may_repeat=True) from None
        except Exception as error:
            log.warning("handoff.channel.failed", channel=self._channel, **error_fields(error))
            raise NotDelivered("the channel failed", may_repeat=True) from error

    async def _take(self, recipient_id: str, part: dict[str, Any], *, key: str) -> Receipt:
        if not self._adapter.is_present(recipient_id, self._address):
            raise NotDelivered("the user's page is not open", may_repeat=True)
        body = {name: value for name, value in part.items() if name not in MARKS}
        if isinstance(body.get("text"), str):
            body["text"] = self._written(body["text"], part)
        if part.get(BY_AGENT):
            body = self._adapter.as_literal(body)
        if sender := part.get(SENT_BY):
            name, picture = str(sender["name"]), sender.get("picture")
            body = self._adapter.as_sent_by(body, name=name, picture=picture)
        if response := part.get(RESPONSE):
            body = self._adapter.as_response(body, str(response))
        return await self._adapter.send(recipient_id, self._address, body, key=key)


def written(adapter: ChannelAdapter, text: str, marks: Mapping[str, Any]) -> str:
    """Write a message's text for a platform, so that what is from outside is shown literally.

    Args:
        adapter: The channel's.
        text: As it was said.
        marks: The message's.
    """
    if marks.get(BY_AGENT):
        return adapter.literal(text)
    for value in marks.get(LITERAL_VALUES, ()):
        text = text.replace(value, adapter.literal_value(value))
    return text


def _sent_by(message: AgentMessage) -> dict[str, Any]:
    """Make the mark of a message that a person has sent whose name is known."""
    name = one_line(message.author)
    if not message.is_agent or not name:
        return {}
    picture = web_address(message.avatar_url)
    is_shown = picture is not None and picture.startswith("https:") and is_public(picture)
    return {SENT_BY: {"name": name, **({"picture": picture} if is_shown else {})}}
