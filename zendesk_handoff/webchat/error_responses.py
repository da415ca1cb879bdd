"""What a request that cannot be served is told: plain words in JSON, and never what was sent."""

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

#: On everything that this channel answers.
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Refusal(Exception):
    """A request that is not served.

    Args:
        status: The HTTP status.
        words: What to tell the person at the page.
        code: The same for the page's own script, in one word.
    """

    def __init__(self, status: int, words: str, *, code: str = "refused") -> None:
        """Keep the parts of the answer."""
        super().__init__(words)
        self.status = status
        self.words = words
        self.code = code


def answer(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Any:
    """Build a JSON answer that no cache keeps."""
    return response.json(body, status=status, headers={**SAFE_HEADERS, **(headers or {})})


def refuses(handler: Handler) -> Handler:
    """Turn what a handler raises into an answer in words."""

    @functools.wraps(handler)
    async def guarded(request: Request, *args: Any, **kwargs: Any) -> Any:
        try:
            return await handler(request, *args, **kwargs)
        except Refusal as refusal:
            error = refusal
        except PayloadTooLarge:
            error = Refusal(413, "This is too large to be sent.", code="too_large")
        except StoreUnavailable:
            log.warning("handoff.webchat.store_unavailable")
            error = Refusal(503, "The chat cannot be reached just now.", code="store_unavailable")
        return answer({"error": error.words, "code": error.code}, status=error.status)

    return guarded
