"""Error responses: a message for the user in JSON, and never a part of the request."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from sanic import response
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request

from zendesk_handoff.errors import StoreUnavailable

log = structlog.get_logger(__name__)

Handler = Callable[..., Awaitable[Any]]

#: Sent with every response of this channel.
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class RequestError(Exception):
    """A request that is answered with an error.

    Args:
        status: The HTTP status.
        message: The text for the user.
        code: One word for the page's script.
    """

    def __init__(self, status: int, message: str, *, code: str = "invalid") -> None:
        """Keep the parts of the response."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def json_response(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Any:
    """Build a JSON response that no cache keeps.

    Args:
        body: Anything that JSON can hold.
        status: The HTTP status.
        headers: Besides ``SAFE_HEADERS``.
    """
    return response.json(body, status=status, headers={**SAFE_HEADERS, **(headers or {})})


def with_error_responses(handler: Handler) -> Handler:
    """Wrap a route's handler: what it raises becomes an error response.

    Args:
        handler: Takes the request and the parts of its path.
    """

    @functools.wraps(handler)
    async def wrapped(request: Request, *args: Any, **kwargs: Any) -> Any:
        try:
            return await handler(request, *args, **kwargs)
        except RequestError as raised:
            error = raised
        except PayloadTooLarge:
            error = RequestError(413, "This is too large to be sent.", code="too_large")
        except StoreUnavailable:
            log.warning("handoff.webchat.store_unavailable")
            error = RequestError(
                503, "The chat cannot be reached just now.", code="store_unavailable"
            )
        return json_response({"error": error.message, "code": error.code}, status=error.status)

    return wrapped
