"""Conversion of Zendesk's message content, of any type, to what a user can be shown."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from posixpath import basename
from typing import Any
from urllib.parse import unquote, urlsplit

from zendesk_handoff.domain.media import is_image
from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage
from zendesk_handoff.zendesk.models import Message
from zendesk_handoff.zendesk.webhooks import storable_id

_TAG = re.compile(r"<[^>]*>")
_LINE_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^>]*>", re.IGNORECASE)


def read_agent_message(message: Message) -> AgentMessage:
    """Reduce a message to text, image or file (Conversations API: schema `content`).

    Carousels, lists, forms and the like become lines of text, so that nothing readable is lost.

    Args:
        message: A message whose author is a business.
    """
    content = message.content
    kind = content.get("type")
    url = content.get("mediaUrl")
    has_media = kind in {"image", "file"} and isinstance(url, str) and bool(url)
    text = _text_of(content)
    media_type = content.get("mediaType")
    if kind == "file" and isinstance(media_type, str) and is_image(media_type):
        kind = "image"
    return AgentMessage(
        id=storable_id(message.id),
        author=(message.author.display_name or "").strip(),
        agent_id=storable_id(message.agent_id) if message.agent_id else None,
        kind=("image" if kind == "image" else "file") if has_media else "text",
        text=text if text or has_media else CANNOT_SHOW,
        media_url=url if has_media else None,
        media_name=_file_name(content, str(url)) if has_media else None,
        media_type=media_type if isinstance(media_type, str) else None,
    )


def _file_name(content: Mapping[str, Any], url: str) -> str:
    try:
        name = unquote(basename(urlsplit(url).path))
    except ValueError:  # not an address, such as one with an unbalanced bracket
        name = ""
    return name or str(content.get("altText") or "file")


def _text_of(content: Mapping[str, Any]) -> str:
    lines = [_own_text(content)]
    for item in _mappings(content.get("items")):
        lines.append(
            " - ".join(filter(None, (_string(item, "title"), _string(item, "description"))))
        )
        lines += _action_lines(item)
    lines += _action_lines(content)
    lines += [_string(each, "label") for each in _mappings(content.get("fields"))]
    location, coordinates = content.get("location"), content.get("coordinates")
    if isinstance(location, Mapping):
        lines += [_string(location, "name"), _string(location, "address")]
    if isinstance(coordinates, Mapping):
        lines.append(f"{coordinates.get('lat')}, {coordinates.get('long')}")
    return "\n".join(line for line in lines if line)


def _own_text(content: Mapping[str, Any]) -> str:
    for name in ("text", "markdownText"):
        if _string(content, name):
            return _string(content, name)
    markup = _LINE_BREAK.sub("\n", _string(content, "htmlText"))
    return html.unescape(_TAG.sub("", markup)).strip()


def _action_lines(holder: Mapping[str, Any]) -> list[str]:
    lines = []
    for action in _mappings(holder.get("actions")):
        address = _string(action, "uri") or _string(action, "fallback")
        label = _string(action, "text")
        lines.append(f"{label}: {address}" if address else f"[{label}]" if label else "")
    return lines


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _string(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value.strip() if isinstance(value, str) else ""
