"""A user's message in a native conversation, as the bot gets it (Conversations API: `content`).

A bot reads text. What is no text is said in words, as an agent would read it, and stands in the
message's metadata as values: files, a place, the answers of a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zendesk_handoff.domain.messages import CANNOT_SHOW
from zendesk_handoff.zendesk import content as contents

#: Keys of a message's metadata.
ATTACHMENTS, LOCATION, FORM, TITLE = "attachments", "location", "form", "title"
_MAX_FIELDS = 20  # schema `formMessage`


def read_user_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """Read a user's content: ``text`` for the bot, and ``metadata`` with the rest.

    A pressed reply button has a payload, which is the text then, and its label the title.

    Args:
        content: A message's.
    """
    metadata: dict[str, Any] = {}
    media = contents.media_of(content)
    text = contents.text_of(content, has_media=media is not None)
    if media is not None:
        metadata[ATTACHMENTS] = [
            {
                "media_url": media.url,
                "media_type": media.media_type or "",
                "name": media.name,
                "kind": media.kind,
            }
        ]
        text = text or media.url  # as Rasa's own channels do with a picture
    place = _place(content)
    if place:
        metadata[LOCATION] = place
    answers = _answers(content)
    if answers:
        metadata[FORM] = answers
    payload = content.get("payload")
    if isinstance(payload, str) and payload.strip():
        metadata[TITLE] = text
        text = payload.strip()
    if not text and content.get("type") not in (None, "text"):
        text = CANNOT_SHOW  # so that the bot answers
    return {"text": text, "metadata": metadata}


def _place(content: Mapping[str, Any]) -> dict[str, Any]:
    point = content.get("coordinates")
    if not isinstance(point, Mapping):
        return {}
    values = point.get("lat"), point.get("long")
    if any(isinstance(each, bool) or not isinstance(each, (int, float)) for each in values):
        return {}
    location = content.get("location")
    named = location if isinstance(location, Mapping) else {}
    words = {key: named[key] for key in ("name", "address") if isinstance(named.get(key), str)}
    return {"latitude": values[0], "longitude": values[1], **words}


def _answers(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a form by the names of its fields (schema `formResponseMessage`)."""
    fields = content.get("fields")
    if content.get("type") != "formResponse" or not isinstance(fields, list):
        return {}
    found: dict[str, Any] = {}
    for each in fields[:_MAX_FIELDS]:
        if not isinstance(each, Mapping) or not isinstance(each.get("name"), str):
            continue
        value = contents.answer_of(each)
        if value:
            found[each["name"]] = value
    return found
