"""What the page sends: a text, or the choice of a button."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zendesk_handoff.webchat.error_responses import Refusal

MAX_TEXT = 8_000
MAX_TITLE = 400
#: Of a JSON body: a text of that length in any script, and some room.
MAX_BODY = 64 * 1024

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class IncomingMessage:
    """A message of the user's.

    Args:
        id: The page's own id of it; one that is sent again counts once.
        text: What Rasa gets: the text, or the button's payload.
        title: The button's words, which the page shows instead; ``None`` for a text.
        answers: The entry whose button it is.
    """

    id: str
    text: str = field(repr=False)
    title: str | None = field(default=None, repr=False)
    answers: int | None = None


def read_json(body: bytes, *, content_type: str) -> dict[str, Any]:
    """Read a JSON object. A form of another site cannot send this content type.

    Raises:
        Refusal: It is none.
    """
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Send this as application/json.", code="not_json")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is not JSON.", code="not_json") from None
    if not isinstance(value, dict):
        raise Refusal(400, "The body must be a JSON object.", code="not_json")
    return value


def read_id(value: object) -> str:
    """Read the page's id of a message.

    Raises:
        Refusal: It is no UUID.
    """
    if not isinstance(value, str) or not _UUID.fullmatch(value.lower()):
        raise Refusal(400, "`id` must be a UUID.")
    return value.lower()


def read_message(body: Mapping[str, Any]) -> IncomingMessage:
    """Check a message.

    Args:
        body: ``{"id", "text"}``, or ``{"id", "payload", "title"}`` with an optional ``answers``.

    Raises:
        Refusal: It is neither, or too long.
    """
    said = read_id(body.get("id"))
    if "payload" not in body:
        return IncomingMessage(said, _words(body, "text", MAX_TEXT))
    answers = body.get("answers")
    if answers is not None and (type(answers) is not int or not 0 < answers < 2**53):
        raise Refusal(400, "`answers` must be the number of an entry.")
    title = _words(body, "title", MAX_TITLE)
    return IncomingMessage(said, _words(body, "payload", MAX_TEXT), title, answers)


def _words(body: Mapping[str, Any], key: str, longest: int) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise Refusal(400, f"`{key}` must be text.")
    # A lone surrogate is valid in JSON and in nothing that comes after.
    words = value.encode("utf-8", "replace").decode().replace("\x00", "").strip()
    if not words:
        raise Refusal(400, f"`{key}` is empty.", code="empty")
    if len(words) > longest:
        raise Refusal(413, f"This is too long: at most {longest:,} characters.", code="too_long")
    return words
