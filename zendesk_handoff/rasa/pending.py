"""Pending messages: for channels that cannot push, until the user's next request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel

from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage
from zendesk_handoff.domain.rendering import in_words, render
from zendesk_handoff.errors import NotDelivered, StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import ChannelAdapter
from zendesk_handoff.rasa.channel_output import BY_AGENT, MARKS, ChannelOutput, written
from zendesk_handoff.rasa.foreign import call_foreign, is_of_message
from zendesk_handoff.rasa.response_tracking import count_delivered, current_response
from zendesk_handoff.store import Store
from zendesk_handoff.store.pending import PendingMessage

log = structlog.get_logger(__name__)

#: Of a message in the response to a request, and of one that a channel divides when it sends it.
_LIMITS = Limits(text=1_000_000, image=MediaLimit(), file=MediaLimit(), buttons=100, cards=False)
#: How often a channel may refuse a message before it is offered a simpler form.
_ATTEMPTS = 3
#: Says that there is something that the channel cannot show.
_NOTICE = {"text": CANNOT_SHOW}
#: Refusals by the pending message's id, of each store. One that is withdrawn, or sent by another
#: process, stays until others take its place.
_refusals: WeakKeyDictionary[Store, Counter[int]] = WeakKeyDictionary()
_MAX_REFUSALS = 10_000


class PullOutput(OutputChannel):
    """An output channel that stores messages until the user's next request.

    ``rest`` and ``cmdline`` offer no way to reach a user who has not sent a request.

    Args:
        store: The store.
        rest: By its key, the parts of a message that a channel has not taken after it had taken
            others: they alone are stored.
    """

    def __init__(
        self, store: Store, *, rest: Mapping[str, Sequence[dict[str, Any]]] | None = None
    ) -> None:
        """Use a store."""
        super().__init__()
        self._store = store
        self._rest = rest or {}

    @classmethod
    def name(cls) -> str:
        """Return the name by which channel-specific responses are selected."""
        return "collector"

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Store a response unless one with this key was stored before."""
        parts = self._rest.get(key)
        for part_key, part in with_keys(parts, key=key) if parts else [(key, message)]:
            await self._store.pending.add(recipient_id, part, key=part_key)

    async def send_agent_message(
        self, recipient_id: str, message: AgentMessage, *, key: str
    ) -> None:
        """Store an agent's message, unless one with this key was stored before."""
        for part_key, part in with_keys(pending_parts(message), key=key):
            await self._store.pending.add(recipient_id, part, key=part_key)

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Store a whole response; the channel that delivers it splits it."""
        await self._store.pending.add(recipient_id, message)

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Store a text."""
        await self._store.pending.add(recipient_id, {"text": text})


def pending_parts(message: AgentMessage) -> list[dict[str, Any]]:
    """Divide an agent's message into pending ones, of which the channel makes what it takes.

    Args:
        message: With addresses that the user can open.
    """
    return [{**part, BY_AGENT: True} for part in render(message, _LIMITS)]


def with_keys(parts: Sequence[dict[str, Any]], *, key: str) -> list[tuple[str, dict[str, Any]]]:
    """Give each part of a message a key of its own.

    Args:
        parts: As output channels take them.
        key: Identifies the message.
    """
    return [(f"{key}:{number}"[-128:], part) for number, part in enumerate(parts)]


async def deliver_pending(
    store: Store,
    sender_id: str,
    output: OutputChannel,
    *,
    channel: str,
    collector: ChannelAdapter | None = None,
) -> Exception | None:
    """Send a user's pending messages, oldest first.

    Messages that become part of the current HTTP response are marked as delivered when it has been
    sent; see ``response_tracking``.

    Args:
        store: The store.
        sender_id: The user.
        output: The channel of their current request.
        channel: Its name. What waits for the user of another channel stays there.
        collector: The channel's adapter, if it only collects messages for the response to that
            request: it tells how much of them that response may hold, and how texts are written.

    Returns:
        The error for which messages still wait, if there was one.
    """
    messages = await store.pending.claim(sender_id, channel)
    if not messages:
        return None
    fitting = _count_fitting(messages, collector.max_response if collector else None)
    if fitting < len(messages):
        await store.pending.release([each.id for each in messages[fitting:]])
        messages = messages[:fitting]
    # Only such a channel puts messages into the response; any other has sent them already.
    is_collecting = collector is not None or type(output) is CollectingOutputChannel
    response = current_response.get() if is_collecting else None
    in_response = response is not None and not response.is_started
    refusals = _refusals.setdefault(store, Counter())
    sent: list[int] = []
    failure: Exception | None = None
    try:
        for message in messages:
            is_confirmed = await _send(message, sender_id, output, collector, refusals)
            sent.append(message.id)
            if not in_response:
                count_delivered(
                    await store.pending.mark_delivered([message.id], is_confirmed=is_confirmed)
                )
    except BaseException as error:
        await store.pending.release([each.id for each in messages if each.id not in sent])
        if not isinstance(error, Exception) or isinstance(error, StoreUnavailable):
            raise  # the request was cancelled; the next one gets the unsent messages
        # The user's own message is stored by now; an error might make the channel resend it.
        log.warning("handoff.pending.not_taken", **error_fields(error))
        failure = error
    if response is not None and in_response:
        response.pending_ids += sent
    return failure


def _count_fitting(messages: Sequence[PendingMessage], max_bytes: int | None) -> int:
    """Count the messages that one response holds: at least one, since no other holds more."""
    if max_bytes is None:
        return len(messages)
    sizes = accumulate(len(json.dumps(each.body, ensure_ascii=False).encode()) for each in messages)
    return max(1, sum(size <= max_bytes for size in sizes))


async def _send(
    message: PendingMessage,
    sender_id: str,
    output: OutputChannel,
    collector: ChannelAdapter | None,
    refusals: Counter[int],
) -> bool:
    """Send a pending message; one that the channel always refuses must not block later ones.

    It is always offered whole at first: what was refused because of the user, who had blocked the
    bot or not written for a day, is taken later. One whose form is refused again and again is said
    in words; where they are refused as well, a notice is sent instead. A channel that refuses that
    is down, or takes nothing for this user.

    Returns:
        Whether the channel has confirmed that it delivers the message; one that nobody knows
        confirms nothing.
    """
    body = dict(message.body)
    marks = {name: body.pop(name) for name in MARKS if name in body}

    async def send(body: Mapping[str, Any], *, key: str = "") -> None:
        ready = dict(body)
        if body == _NOTICE:  # our own words, which no mark concerns
            pass
        elif isinstance(output, ChannelOutput):
            ready |= marks
        # Of a channel that is not ours the send methods take what Rasa knows, and nothing more.
        elif collector is not None and isinstance(body.get("text"), str):
            ready["text"] = written(collector, ready["text"], marks)
        if isinstance(output, ChannelOutput) and output.has_progress:
            # The platform may report later that it has not delivered it.
            await output.send_once(sender_id, ready, key=f"pending:{message.id}{key}")
        else:
            await call_foreign(output.send_response, sender_id, ready)

    others_confirmed = True
    if isinstance(output, ChannelOutput):
        others_confirmed, output.is_confirmed = output.is_confirmed, True
    try:
        await send(body)
    except Exception as error:
        if not is_of_message(error) or not _is_refused_for_long(refusals, message.id):
            raise
        left = error.undelivered if isinstance(error, NotDelivered) else []
        await _send_reduced(left or [body], send)
    refusals.pop(message.id, None)
    if not isinstance(output, ChannelOutput):
        return collector is not None or type(output) is CollectingOutputChannel
    is_confirmed, output.is_confirmed = output.is_confirmed, others_confirmed
    return is_confirmed


async def _send_reduced(parts: Sequence[Mapping[str, Any]], send: Callable[..., Any]) -> None:
    """Send in words what a channel does not take as it is, or a notice that there was something."""
    has_only_text = all(part.keys() <= {"text", *MARKS} for part in parts)
    try:
        if has_only_text:
            await send(_NOTICE, key=":notice")
        else:
            await send({"text": "\n".join(map(in_words, parts))}, key=":words")
    except Exception as error:
        if has_only_text or not is_of_message(error):
            raise
        await send(_NOTICE, key=":notice")
    log.error("handoff.pending.reduced", meaning="the channel refuses the message as it is")


def _is_refused_for_long(refusals: Counter[int], message_id: int) -> bool:
    """Count a refusal; tell whether there were so many that a simpler form is to be tried."""
    if message_id not in refusals and len(refusals) >= _MAX_REFUSALS:
        del refusals[next(iter(refusals))]
    refusals[message_id] += 1
    return refusals[message_id] > _ATTEMPTS
