"""Typed models of the data that the API's responses and its webhooks share.

Only the fields that this package reads are declared; the decoder skips all others. Field names are
those of the Conversations API's schemas `user`, `conversation` and `message`, in snake case.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from posixpath import basename
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from zendesk_handoff.domain.media import is_image
from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage

#: Metadata keys that mark what this package wrote (Conversations API: schema `metadata`).
SESSION_KEY = "rasa_handoff_session"
MARKER_KEY = "rasa_handoff_message"

_AGENT_ID = "__zendesk_msg.agent.id"
_MAX_ID = 64
_TAG = re.compile(r"<[^>]*>")
_LINE_BREAK = re.compile(r"<(?:br|/p|/div|/li)\b[^>]*>", re.IGNORECASE)


class _Model(msgspec.Struct, rename="camel", frozen=True):
    pass


class SwitchboardIntegration(_Model, rename="camel", frozen=True):
    """A party that can be in control of a conversation."""

    id: str = ""
    name: str = ""
    integration_id: str = ""
    integration_type: str = ""

    def is_called(self, name: str) -> bool:
        """Check whether a name refers to this one (Conversations API: `PassControl`).

        Args:
            name: An id, a name or a type, as the settings have it.
        """
        return name in {self.id, self.name, self.integration_type}


class User(_Model, rename="camel", frozen=True):
    """An end user of the account (Conversations API: schema `user`)."""

    id: str
    external_id: str | None = None
    profile: dict[str, Any] | None = None


class Conversation(_Model, rename="camel", frozen=True):
    """A conversation (Conversations API: schema `conversation`)."""

    id: str
    metadata: dict[str, Any] | None = None
    active_switchboard_integration: SwitchboardIntegration | None = None
    pending_switchboard_integration: SwitchboardIntegration | None = None
    is_default: bool | None = None
    last_updated_at: str | None = None

    @property
    def session_id(self) -> str | None:
        """Our session that this conversation was created for."""
        value = (self.metadata or {}).get(SESSION_KEY)
        return value if isinstance(value, str) else None


class Author(_Model, rename="camel", frozen=True):
    """A message's author; ``type`` is ``user`` or ``business`` (schema `author`)."""

    type: str
    user_id: str | None = None
    display_name: str | None = None
    avatar_url: str | None = None
    subtypes: list[str] | None = None


class Message(_Model, rename="camel", frozen=True):
    """A message (Conversations API: schema `message`)."""

    id: str
    author: Author
    content: dict[str, Any]
    received: str = ""
    metadata: dict[str, Any] | None = None
    source: dict[str, Any] | None = None

    @property
    def marker(self) -> str | None:
        """Our own marker, on every message that this package posted."""
        value = (self.metadata or {}).get(MARKER_KEY)
        return value if isinstance(value, str) else None

    @property
    def agent_id(self) -> str | None:
        """The human agent's id; automations, triggers and macros have none."""
        value = (self.metadata or {}).get(_AGENT_ID)
        return None if value is None else str(value)

    def for_user(self) -> AgentMessage:
        """Reduce the message to text, image or file (Conversations API: schema `content`).

        Carousels, lists, forms and the like become lines of text, so that nothing readable is lost.
        """
        content = self.content
        kind = content.get("type")
        url = content.get("mediaUrl")
        has_media = kind in {"image", "file"} and isinstance(url, str) and bool(url)
        text = _text_of(content)
        media_type = content.get("mediaType")
        if kind == "file" and isinstance(media_type, str) and is_image(media_type):
            kind = "image"
        return AgentMessage(
            id=storable_id(self.id),
            author=(self.author.display_name or "").strip(),
            agent_id=storable_id(self.agent_id) if self.agent_id else None,
            kind=("image" if kind == "image" else "file") if has_media else "text",
            text=text if text or has_media else CANNOT_SHOW,
            media_url=url if has_media else None,
            media_name=_file_name(content, str(url)) if has_media else None,
            media_type=media_type if isinstance(media_type, str) else None,
        )


class Page(_Model, rename="camel", frozen=True):
    """The cursors of a listing (Conversations API: schema `meta`)."""

    has_more: bool = False
    before_cursor: str | None = None
    after_cursor: str | None = None


def storable_id(given: str) -> str:
    """Return an id that fits the store: itself, or a digest if it is too long or unprintable.

    Args:
        given: Usually 24 hexadecimal characters; treated as opaque.
    """
    if len(given) <= _MAX_ID and given.isprintable():
        return given
    return hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()


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
