"""Tracking of HTTP requests: their responses tell which pending messages have reached their user.

``rest`` collects messages into the response of the user's request. They count as delivered once
that response has been sent: a server that dies before that has not lost them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import structlog
from rasa.core.channels.channel import UserMessage
from sanic import Sanic
from sanic.request import Request
from sanic.response import BaseHTTPResponse

from zendesk_handoff import metrics
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa.middleware import add_middleware
from zendesk_handoff.store import Store
from zendesk_handoff.store.pending import PendingDelivery

log = structlog.get_logger(__name__)

#: Seconds between two attempts while the store does not answer.
_RETRY_EVERY = 1.0


@dataclass
class TrackedResponse:
    """The response to the current request.

    Args:
        request: The request: with a message of a platform's, as the platform has sent it.
        pending_ids: The pending messages that were put into it.
        is_started: Whether it is being sent, so that nothing can be added.
    """

    request: Request | None = None
    pending_ids: list[int] = field(default_factory=list)
    is_started: bool = False


#: ``None`` outside of requests.
current_response: ContextVar[TrackedResponse | None] = ContextVar("response", default=None)


def current_request() -> Request | None:
    """Return the HTTP request that the current task, or the task that started it, answers."""
    response = current_response.get()
    return None if response is None else response.request


#: A worker that a request has started has that request in its context, whosever message it is
#: concerned with. So the request is kept with each message.
_requests: WeakKeyDictionary[UserMessage, Request] = WeakKeyDictionary()


def keep_request(message: UserMessage) -> None:
    """Remember the current request as the one that has brought a message.

    Args:
        message: A user's, in the task of its channel.
    """
    request = current_request()
    if request is not None:
        _requests[message] = request


def request_of(message: UserMessage) -> Request | None:
    """Return the request that has brought a message, in whatever task.

    Args:
        message: A user's.
    """
    return _requests.get(message)


def track_responses(app: Sanic, store: Store) -> None:
    """Mark the pending messages in each response as delivered once it has been sent.

    Args:
        app: Rasa's Sanic app, before it accepts requests.
        store: The store.
    """
    confirmations: set[asyncio.Task[None]] = set()

    async def begin(request: Request) -> None:
        current_response.set(TrackedResponse(request))

    async def finish(request: Request, _response: BaseHTTPResponse) -> None:
        response = current_response.get()
        if response is None:
            return
        response.is_started = True
        if response.pending_ids:
            # Checked before the response is sent: where the connection is not kept alive, sending
            # closes it, which would look as if the user had not waited.
            transport = request.transport
            is_read = transport is not None and not transport.is_closing()
            # The task first runs when this one has sent the response and waits for something else.
            task = asyncio.create_task(
                confirm_delivery(store, response.pending_ids, is_read=is_read),
                name="handoff delivery confirmation",
            )
            confirmations.add(task)
            task.add_done_callback(confirmations.discard)

    add_middleware(app, begin, "request")
    add_middleware(app, finish, "response")


def count_delivered(deliveries: Iterable[PendingDelivery]) -> None:
    """Count agents' messages that have waited for their users' requests.

    Args:
        deliveries: As they were marked.
    """
    for each in deliveries:
        metrics.count_delivery(metrics.TO_USER, each.connector_id, stored_at=each.stored_at)


async def confirm_delivery(
    store: Store, ids: list[int], *, is_read: bool, retry_every: float = _RETRY_EVERY
) -> None:
    """Mark pending messages as delivered, or release them; retry until the store answers.

    Args:
        store: The store.
        ids: The ids of the pending messages.
        is_read: Whether the user was still connected when the response was sent.
        retry_every: Seconds between two attempts.
    """
    while True:
        try:
            if is_read:
                count_delivered(await store.pending.mark_delivered(ids))
            else:
                await store.pending.release(ids)
            return
        except StoreUnavailable:
            log.warning("handoff.pending.outcome_unknown", count=len(ids))
            await asyncio.sleep(retry_every)
