"""Error responses: a message for the user in JSON, and never a part of the request."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from sanic import response
from sanic.exceptions import PayloadTooLarge
from sanic.request import Request

from zendesk_handoff.errors import LimitReached, StoreUnavailable
from zendesk_handoff.rasa.request_body import respond_unread
from zendesk_handoff.rasa.request_limits import too_many

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
        code: One word for the page's script, which has words for it in the user's language.
        limit: The name of the limit that is reached.
        retry_after: Seconds after which the request may be sent again, where time helps.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "invalid",
        limit: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep the parts of the response."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.limit = limit
        self.retry_after = retry_after


#: What the user reads when a limit is reached, and the seconds after which time may have helped.
_OF_LIMITS: dict[str, tuple[str, float | None]] = {
    "waiting_messages": (
        "Your last messages are still being handled. Wait a moment, then send this one again.",
        10.0,
    ),
    "upload_files": ("No more files can be sent in this chat.", None),
    "upload_megabytes": ("No more files of this size can be sent in this chat.", None),
    "stored_files": ("Files cannot be received just now. Please try again later.", 600.0),
    "stored_megabytes": ("Files cannot be received just now. Please try again later.", 600.0),
    "uploads_at_once": ("Other files are still being received. Try again in a moment.", 10.0),
    "messages": ("Too many messages at once. Wait a moment, then send this one again.", None),
    "conversations": ("Too many chats are being started. Try again in a minute.", None),
}


def limit_error(limit: str, *, retry_after: float | None = None) -> RequestError:
    """Make the error for a request that a limit refuses.

    Args:
        limit: The name of the setting.
        retry_after: Seconds until the request would be admitted, where they are known.
    """
    message, usual = _OF_LIMITS[limit]
    return RequestError(429, message, code="limit", limit=limit, retry_after=retry_after or usual)


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
        except LimitReached as reached:
            request.app.ctx.zendesk_handoff.quotas.count(reached.limit)
            error = limit_error(reached.limit)
        except StoreUnavailable:
            log.warning("handoff.webchat.store_unavailable")
            error = RequestError(
                503, "The chat cannot be reached just now.", code="store_unavailable"
            )
        body = {"error": error.message, "code": error.code}
        if error.limit is not None:
            body["limit"] = error.limit
        refusal = json_response(body, status=error.status)
        if error.retry_after is not None:
            too_many(refusal, error.retry_after)
        return await respond_unread(request, refusal)

    return wrapped
