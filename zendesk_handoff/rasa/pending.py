"""For channels that cannot push: what is said waits for the user's next request."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel
from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse

from zendesk_handoff.domain.messages import CANNOT_SHOW
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.rasa.outputs import contained
from zendesk_handoff.store import Store
from zendesk_handoff.store.pending import PendingMessage

log = structlog.get_logger(__name__)


@dataclass
class _Answer:
    """What has been put into the answer of the request under way, and whether that has begun."""

    ids: list[int] = field(default_factory=list)
    begun: bool = False


#: Seconds after which the store is asked again.
_AGAIN = 1.0
#: How often a channel may refuse what is held before it is offered something simpler.
_ATTEMPTS = 3
#: By the held message: how often it was refused.
_refusals: Counter[int] = Counter()
#: ``None`` outside of requests.
_answer: ContextVar[_Answer | None] = ContextVar("answer", default=None)


class PullOutput(OutputChannel):
    """An output channel into the store.

    ``rest`` and ``cmdline`` give Rasa no way to reach a user who has not just asked.

    Args:
        store: Where the messages wait.
    """

    def __init__(self, store: Store) -> None:
        """Use a store."""
        self._store = store

    @classmethod
    def name(cls) -> str:
        """Name the channel for responses that differ by channel."""
        return "collector"

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Keep a response that is named, once."""
        await self._store.pending.add(recipient_id, message, key=key)

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep a whole response; the channel that gives it out takes it apart."""
        await self._store.pending.add(recipient_id, message)

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Keep a text."""
        await self._store.pending.add(recipient_id, {"text": text})


async def deliver_pending(store: Store, sender_id: str, output: OutputChannel) -> None:
    """Give a user what has waited for them, oldest first.

    Inside a request it counts as delivered only when the answer has gone out: a server that dies
    before that has not lost it.

    Args:
        store: Where it waits.
        sender_id: Whose it is.
        output: The channel of their present request.
    """
    messages = await store.pending.claim(sender_id)
    if not messages:
        return
    # Only what is collected for an answer comes with it; any other channel has sent it already.
    answer = _answer.get() if _is_collected(output) else None
    in_answer = answer is not None and not answer.begun
    ids: list[int] = []
    try:
        for message in messages:
            with contained():
                await _give(message, sender_id, output)
            ids.append(message.id)
            if not in_answer:
                await store.pending.mark_delivered([message.id])
    except BaseException as error:
        await store.pending.release([each.id for each in messages if each.id not in ids])
        if not isinstance(error, Exception) or isinstance(error, StoreUnavailable):
            raise  # the request was given up: what was not sent is there for the next one
        # The user's own message is safe by now; were this raised, the channel might bring it again.
        log.warning("handoff.pending.not_taken", error=type(error).__name__)
    failpoint("pending.claimed")
    if answer is not None and in_answer:
        answer.ids += ids


def _is_collected(output: OutputChannel) -> bool:
    """Tell whether a channel keeps what it is given for the answer; ``callback`` sends it on."""
    keep = CollectingOutputChannel._persist_message
    return isinstance(output, CollectingOutputChannel) and type(output)._persist_message is keep


async def _give(message: PendingMessage, sender_id: str, output: OutputChannel) -> None:
    """Send a held message; one that the channel never takes must not keep the others waiting.

    Where it has been refused several times, its words and links alone are sent, and where they
    are refused as well, that there was something. A channel that takes neither is down.
    """
    body = dict(message.body)
    if _refusals[message.id] >= _ATTEMPTS:
        links = (body.get("image"), body.get("attachment"))
        words = " ".join(str(part).strip() for part in (body.get("text"), *links) if part)
        try:
            await output.send_response(sender_id, {"text": words})
        except Exception:
            await output.send_response(sender_id, {"text": CANNOT_SHOW})
        log.error(
            "handoff.pending.reduced", meaning="the channel does not take the message as it is"
        )
    else:
        try:
            await output.send_response(sender_id, body)
        except Exception:
            _refusals[message.id] += 1
            raise
    _refusals.pop(message.id, None)


def track_responses(app: Sanic, store: Store) -> None:
    """Note what has gone out with each answer of the server.

    Args:
        app: Rasa's Sanic app, before it serves.
        store: Where the messages wait.
    """
    marking: set[asyncio.Task[None]] = set()

    async def begin(_request: Request) -> None:
        _answer.set(_Answer())

    async def finish(request: Request, _response: BaseHTTPResponse) -> None:
        answer = _answer.get()
        if answer is None:
            return
        answer.begun = True
        if answer.ids:
            # Asked before the answer is written: where the connection is not kept, it is closed
            # with the answer, which is no sign that nobody has read it.
            transport = request.transport
            is_read = transport is not None and not transport.is_closing()
            # The task runs once this one has written the answer and waits for something else.
            settling = _settle(store, answer.ids, is_read=is_read)
            task = asyncio.create_task(settling, name="handoff held")
            marking.add(task)
            task.add_done_callback(marking.discard)

    app.register_middleware(begin, "request")
    app.register_middleware(finish, "response")


async def _settle(store: Store, ids: list[int], *, is_read: bool) -> None:
    while True:  # until the store is there again: what is not noted comes again
        try:
            if is_read:
                await store.pending.mark_delivered(ids)
            else:  # the user has not waited for the answer
                await store.pending.release(ids)
            return
        except StoreUnavailable:
            log.warning("handoff.pending.outcome_unknown", count=len(ids))
            await asyncio.sleep(_AGAIN)
