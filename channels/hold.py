"""For channels that cannot push: what is said waits for the user's next request."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from rasa.core.channels.channel import OutputChannel
from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse

from zendesk_handoff.boundary import reach
from zendesk_handoff.errors import StoreDown
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)


@dataclass
class _Answer:
    """What has been put into the answer of the request under way, and whether that has begun."""

    ids: list[int] = field(default_factory=list)
    begun: bool = False


#: ``None`` outside of requests.
_answer: ContextVar[_Answer | None] = ContextVar("answer", default=None)


class HoldingOutput(OutputChannel):
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
        await self._store.held.add(recipient_id, message, key=key)

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep a whole response; the channel that gives it out takes it apart."""
        await self._store.held.add(recipient_id, message)

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Keep a text."""
        await self._store.held.add(recipient_id, {"text": text})


async def give_held(store: Store, sender_id: str, output: OutputChannel) -> None:
    """Give a user what has waited for them, oldest first.

    Inside a request it counts as delivered only when the answer has gone out: a server that dies
    before that has not lost it.

    Args:
        store: Where it waits.
        sender_id: Whose it is.
        output: The channel of their present request.
    """
    messages = await store.held.give(sender_id)
    if not messages:
        return
    ids = []
    try:
        for message in messages:
            await output.send_response(sender_id, dict(message.body))
            ids.append(message.id)
    except Exception as error:
        # The user's own message is safe by now; were this raised, the channel might bring it again.
        log.warning("handoff.held.not_taken", fault=type(error).__name__)
        await store.held.put_back([each.id for each in messages if each.id not in ids])
    reach("hold.given")
    answer = _answer.get()
    if answer is not None and not answer.begun:
        answer.ids += ids
    elif ids:  # a streamed answer, or work that has outlived its request: it is out already
        await store.held.mark_gone(ids)


def follow_answers(app: Sanic, store: Store) -> None:
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
            # The task runs once this one has written the answer and waits for something else.
            settling = _settle(store, answer.ids, request.transport)
            task = asyncio.create_task(settling, name="handoff held")
            marking.add(task)
            task.add_done_callback(marking.discard)

    app.register_middleware(begin, "request")
    app.register_middleware(finish, "response")


async def _settle(store: Store, ids: list[int], transport: asyncio.BaseTransport | None) -> None:
    try:
        if transport is None or transport.is_closing():  # the user has not waited for the answer
            await store.held.put_back(ids)
        else:
            await store.held.mark_gone(ids)
    except StoreDown:
        log.warning("handoff.held.in_doubt", count=len(ids))
