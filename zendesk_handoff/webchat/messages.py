"""Messages from the page: a text, the answers to a form, or the choice of a button."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zendesk_handoff.domain.user_content import Place
from zendesk_handoff.webchat.error_responses import RequestError

MAX_TEXT = 8_000
MAX_TITLE = 400
MAX_PLACE = 2_000

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class IncomingMessage:
    """A user's message.

    Args:
        id: The page's own id; a message that is sent twice counts once.
        text: For Rasa: the text, or the button's payload.
        title: The button's title, which the page shows instead; ``None`` for a text.
        answers: The history item with the button, or the form.
        place: Where the user is; the text says it in words, with a map's address.
    """

    id: str
    text: str = field(repr=False)
    title: str | None = field(default=None, repr=False)
    answers: int | None = None
    place: Place | None = None


def read_json(body: bytes, *, content_type: str) -> dict[str, Any]:
    """Read a JSON object. A form of another site cannot send this content type.

    Args:
        body: The body of the request.
        content_type: The header ``Content-Type``, with or without parameters.

    Raises:
        RequestError: The body is not a JSON object, or the content type is another one.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise RequestError(415, "Send this as application/json.", code="not_json")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError(400, "The body is not JSON.", code="not_json") from None
    if not isinstance(value, dict):
        raise RequestError(400, "The body must be a JSON object.", code="not_json")
    return value


def read_id(value: object) -> str:
    """Read the page's id of a message.

    Args:
        value: The value, as sent.

    Raises:
        RequestError: The value is not a UUID.
    """
    if not isinstance(value, str) or not _UUID.fullmatch(value.lower()):
        raise RequestError(400, "`id` must be a UUID.")
    return value.lower()


def read_message(body: Mapping[str, Any]) -> IncomingMessage:
    """Check a message.

    Args:
        body: ``{"id", "text"}`` or ``{"id", "payload", "title"}``, with an optional ``answers``; a
            text may have the user's place, in ``coordinates``.

    Raises:
        RequestError: The body has neither shape, or is too long.
    """
    message_id = read_id(body.get("id"))
    answers = body.get("answers")
    if answers is not None and (type(answers) is not int or not 0 < answers < 2**53):
        raise RequestError(400, "`answers` must be the id of a history item.")
    if "payload" not in body:
        text = _text(body, "text", MAX_TEXT)
        return IncomingMessage(message_id, text, answers=answers, place=_coordinates(body))
    title = _text(body, "title", MAX_TITLE)
    return IncomingMessage(message_id, _text(body, "payload", MAX_TEXT), title, answers)


def read_item(body: Mapping[str, Any]) -> int:
    """Read which history item the page has shown.

    Args:
        body: ``{"item"}``.

    Raises:
        RequestError: It is no id.
    """
    item = body.get("item")
    if type(item) is not int or not 0 < item < 2**53:
        raise RequestError(400, "`item` must be the id of a history item.")
    return item


def read_place(body: Mapping[str, Any], *, user_agent: str | None) -> dict[str, str]:
    """Read where a user writes, for the agent: the site's page, and the browser.

    Neither is worth refusing a message for: what has another shape is left out.

    Args:
        body: With the address of the page in ``page``, or without.
        user_agent: The header of that name.
    """
    values = {"page": body.get("page"), "browser": user_agent}
    return {
        key: value
        for key, value in values.items()
        if isinstance(value, str) and 0 < len(value) <= MAX_PLACE and value.isprintable()
    }


def _coordinates(body: Mapping[str, Any]) -> Place | None:
    """Read a place: ``{"lat", "long"}`` in degrees, as Zendesk writes it."""
    given = body.get("coordinates")
    if given is None:
        return None
    values = given if isinstance(given, dict) else {}
    return Place(_degrees(values.get("lat"), 90), _degrees(values.get("long"), 180))


def _degrees(value: Any, limit: int) -> float:
    if type(value) not in {int, float} or not -limit <= value <= limit:
        raise RequestError(400, "`coordinates` must be `lat` and `long` in degrees.")
    return round(float(value), 6)


def _text(body: Mapping[str, Any], key: str, max_length: int) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise RequestError(400, f"`{key}` must be text.")
    # JSON may hold a lone surrogate, which can be neither stored nor sent on.
    text = value.encode("utf-8", "replace").decode().replace("\x00", "").strip()
    if not text:
        raise RequestError(400, f"`{key}` is empty.", code="empty")
    if len(text) > max_length:
        raise RequestError(
            413, f"This is too long: at most {max_length:,} characters.", code="too_long"
        )
    return text
