"""Responses of the Conversations API: decoding, typed values, and errors that quote no user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import aiohttp
import msgspec

from zendesk_handoff.errors import (
    ApiError,
    Conflict,
    InvalidResponse,
    Locked,
    NotAuthorized,
    NotFound,
    ServerError,
    TooManyRequests,
)
from zendesk_handoff.zendesk.tolerant_json import convert, decode

#: The length in characters from which a text that two strings share counts as a quotation.
_MIN_QUOTATION = 8
_OMITTED = "(Zendesk's text is left out: it may repeat what was sent)"

T = TypeVar("T")

_BY_STATUS: dict[int, type[ApiError]] = {
    401: NotAuthorized,
    403: NotAuthorized,
    404: NotFound,
    409: Conflict,
    423: Locked,
    429: TooManyRequests,
}


def read_value(call: str, response: Any, *path: str | int, as_type: type[T]) -> T:
    """Extract a typed value from a response; an optional field of another type is left out.

    Args:
        call: Method and path, for the error.
        response: The response, as ``Transport.call`` returns it.
        *path: Keys and indexes that lead to the value.
        as_type: The type of the value.

    Raises:
        InvalidResponse: It is absent, or has another type.
    """
    try:
        for step in path:
            response = response[step]
        return convert(response, as_type)
    except (KeyError, IndexError, TypeError, msgspec.ValidationError):
        raise InvalidResponse(call, "the response is not of the API's shape") from None


def read_body(
    call: str, response: aiohttp.ClientResponse, body: bytes, sent: Sequence[Any] | None
) -> dict[str, Any]:
    """Decode the body of a response.

    Args:
        call: Method and path, for the error.
        response: The response.
        body: Its body.
        sent: Everything that the call has sent; ``None`` for an upload.

    Raises:
        ApiError: The status is an error, or the body is not the API's.
    """
    try:
        content = decode(body) if body else {}
    except (ValueError, RecursionError):
        content = None
    if 200 <= response.status < 300 and isinstance(content, dict):
        return content
    if response.status < 400:
        hint = "the response is not the API's; is base_url right?"
        raise api_error_for_status(call, 502 if response.status < 300 else 400, title=hint)
    errors = content.get("errors") if isinstance(content, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else {}
    first = first if isinstance(first, dict) else {}
    title = str(first.get("title") or "")[:200]
    raise api_error_for_status(
        call,
        response.status,
        code=str(first.get("code") or "")[:80],
        title=_OMITTED if _may_quote(title, sent) else title,
        retry_after=_seconds(response.headers.get("Retry-After")),
    )


def api_error_for_status(
    call: str,
    status: int,
    *,
    code: str = "",
    title: str = "",
    retry_after: float | None = None,
) -> ApiError:
    """Build the error for an HTTP status of 400 or more.

    Args:
        call: Method and path.
        status: The HTTP status.
        code: Zendesk's code.
        title: Zendesk's text.
        retry_after: Seconds, from the ``Retry-After`` header.

    Returns:
        The error, ready to raise. A 408 counts as a server error: it asks for a repeat. So does a
        404 without one of the API's codes: it comes from a proxy, or from another server at that
        address, and must not be read as the end of a conversation.
    """
    temporary = status >= 500 or status == 408 or (status == 404 and not code)
    kind = ServerError if temporary else _BY_STATUS.get(status, ApiError)
    return kind(call, status, code=code, title=title, retry_after=retry_after)


def _texts(json: Any) -> list[str]:
    """Collect the texts in a body, except for names of types."""
    if isinstance(json, str):
        return [json]
    if isinstance(json, Mapping):
        return [text for key in json if key != "type" for text in _texts(json[key])]
    if isinstance(json, Sequence):
        return [text for each in json for text in _texts(each)]
    return []


def _may_quote(title: str, sent: Sequence[Any] | None) -> bool:
    """Check whether Zendesk's text may repeat, in whole or in part, what was sent.

    Errors are logged and stored, and must not contain what users wrote. For an upload, ``None``,
    this cannot be decided.
    """
    if sent is None:
        return bool(title)
    starts = range(len(title) - _MIN_QUOTATION + 1)
    parts = {title[start : start + _MIN_QUOTATION] for start in starts}
    texts = filter(None, _texts(sent))
    return any(text in title or any(part in text for part in parts) for text in texts)


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header is not None else None
    except ValueError:
        return None  # a date; the backoff is used instead
