"""History items: the messages that the store keeps and the page shows.

An item has a ``role`` (``user``, ``bot``, ``agent``, ``automation``, ``notice``; ``start`` is the
server's own and is never shown), and those that apply of ``name``, ``text``, ``media``,
``buttons``, ``request_id`` (the page's own id of a message) and ``answers`` (the item whose button
was chosen). The page renders the text of the bot and of agents as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zendesk_handoff.domain.media import AGENT_MEDIA_PATH, INLINE_IMAGE_TYPES, is_inline_image

if TYPE_CHECKING:
    from zendesk_handoff.domain.messages import AgentMessage

HistoryItem = dict[str, Any]

_IMAGE_TYPE = "|".join(map(re.escape, sorted(INLINE_IMAGE_TYPES)))
_DATA_IMAGE = re.compile(rf"data:(?:{_IMAGE_TYPE});base64,[A-Za-z0-9+/=]+")


def start_item(profile: Mapping[str, str]) -> HistoryItem:
    """Build the first item of a conversation, which holds the user's profile."""
    return {"role": "start", "profile": dict(profile)}


def user_item(text: str, *, request_id: str, answers: int | None = None) -> HistoryItem:
    """Build an item for a user's text, or for the title of the button that they chose."""
    item: HistoryItem = {"role": "user", "text": text, "request_id": request_id}
    return item if answers is None else {**item, "answers": answers}


def user_file_item(upload_id: str, *, name: str, media_type: str, request_id: str) -> HistoryItem:
    """Build an item for a file that the user sent."""
    kind = "image" if is_inline_image(media_type) else "file"
    media = {"kind": kind, "url": f"files/{upload_id}", "name": name}
    return {"role": "user", "media": media, "request_id": request_id}


def notice_item(text: str) -> HistoryItem:
    """Build an item for a message of the chat itself, from neither bot nor agent."""
    return {"role": "notice", "text": text}


def bot_item(
    text: str | None = None,
    *,
    buttons: Iterable[Mapping[str, Any]] = (),
    media: Mapping[str, str] | None = None,
) -> HistoryItem | None:
    """Build an item for a message of the bot's; ``None`` where nothing of it can be shown."""
    item: HistoryItem = {"role": "bot"}
    if text and text.strip():
        item["text"] = text.strip()
    choices = [choice for choice in map(_button, buttons) if choice]
    if choices:
        item["buttons"] = choices
    if media:
        item["media"] = dict(media)
    return item if len(item) > 1 else None


def describe_media(kind: str, url: object, *, name: str | None = None) -> dict[str, str] | None:
    """Describe an image or a file; ``None`` where the page may not use its address."""
    if not isinstance(url, str) or not is_safe_address(url, images=kind == "image"):
        return None
    fallback = urlsplit(url).path.rpartition("/")[2] if not url.startswith("data:") else ""
    return {"kind": kind, "url": url, "name": name or fallback or kind}


def is_safe_address(url: str, *, images: bool = False) -> bool:
    """Tell whether an address is of a page or a file: no script, no other scheme."""
    if images and _DATA_IMAGE.fullmatch(url):
        return True
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return False
    return scheme in {"http", "https"} or (not scheme and url.startswith("/"))


def agent_item(message: AgentMessage) -> HistoryItem:
    """Build an item for a message of an agent's or of an automation."""
    item: HistoryItem = {"role": "agent" if message.is_agent else "automation"}
    if message.author:
        item["name"] = message.author
    if message.text:
        item["text"] = message.text
    if message.media_url and message.kind != "text":
        media = describe_media(
            message.kind, _on_this_host(message.media_url), name=message.media_name
        )
        if media:
            item["media"] = media
    return item


def _on_this_host(url: str) -> str:
    """Remove the host from the address of a file that this server gives out.

    The page's content policy allows no host but the page's own, and the public address that
    Zendesk knows may not be reachable from the user's machine.
    """
    _, found, rest = url.partition(f"{AGENT_MEDIA_PATH}/")
    return f"{AGENT_MEDIA_PATH}/{rest}" if found else url


def _button(button: Mapping[str, Any]) -> dict[str, str] | None:
    title = button.get("title")
    if not isinstance(title, str) or not title.strip():
        return None
    payload, url = button.get("payload"), button.get("url")
    if isinstance(payload, str) and payload.strip():
        return {"title": title, "payload": payload}
    if isinstance(url, str):
        return {"title": title, "url": url} if is_safe_address(url) else None
    return {"title": title, "payload": title}
