"""Bodies of requests to the plugin's routes: bounded, and unread where the request is refused.

Sanic 21.12 reads a whole body before it calls a handler, up to 100 MB of it. The plugin's handlers
are therefore streaming ones, which read the body themselves.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Blueprint
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request
from sanic.response import HTTPResponse, json

#: Bytes of a body on routes that take no large ones.
MAX_SMALL_BODY = 64 * 1024
#: Seconds that a connection stays open after a response to a request that has not been read. Closed
#: at once, it would be reset, and the client might lose the response, which it may be slow to read.
_LINGER = 2.0


def limit_body(request: Request, max_bytes: int) -> None:
    """Refuse a body that is announced to be too large, and let Sanic count one that is not.

    Args:
        request: A request whose body has not been read.
        max_bytes: The size of the largest body.

    Raises:
        PayloadTooLarge: By its ``Content-Length``. While the body is read, Sanic raises it, too.
    """
    stream = request.stream
    if stream is None or not stream.request_body:
        return
    stream.request_max_size = max_bytes
    if stream.request_bytes > max_bytes:
        stream.expecting_continue = False  # Sanic would ask for the body beside the refusal
        raise PayloadTooLarge("The body is too large.")


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Read a body.

    Args:
        request: A request to a streaming handler.
        max_bytes: The size of the largest body.

    Raises:
        PayloadTooLarge: By its ``Content-Length``, or while it is read.
    """
    limit_body(request, max_bytes)
    await request.receive_body()
    return bytes(request.body)


async def respond_unread(request: Request, response: HTTPResponse) -> HTTPResponse | None:
    """Respond to a request without reading what is left of its body.

    The connection is closed, unless the rest has arrived already: it is dropped then. A client that
    gets a response while it still sends may not send the rest, and goes on with another request.

    Args:
        request: A request to a streaming handler.
        response: The response.

    Returns:
        What the handler is to return.
    """
    stream: Any = request.stream
    if stream is None or not stream.request_body:
        return response
    stream.expecting_continue = False  # Sanic would ask for the body beside the response
    if stream.request_body is True and stream.request_bytes_left <= len(stream.recv_buffer):
        del stream.recv_buffer[: stream.request_bytes_left]
        stream.request_body = None
        return response
    stream.keep_alive = False
    sent = await request.respond(response)
    await sent.send(end_stream=True)
    stream.request_body = None
    await asyncio.sleep(_LINGER)
    return None


def limit_ignored_bodies(blueprint: Blueprint) -> None:
    """Refuse large bodies on the routes of a blueprint that read none, as those of GET requests.

    Args:
        blueprint: One of the plugin's.
    """

    @blueprint.middleware("request")
    async def limit(request: Request) -> HTTPResponse | None:
        if request.route is None or not _ignores_body(request.route):
            return None
        try:
            limit_body(request, MAX_SMALL_BODY)
        except PayloadTooLarge:
            return json({"error": "This route takes no body."}, status=413)
        return None


def _ignores_body(route: Any) -> bool:
    """Tell whether Sanic drops the bodies of a route's requests; where it notes so has changed."""
    place = route.extra if hasattr(getattr(route, "extra", None), "ignore_body") else route.ctx
    return bool(place.ignore_body)
