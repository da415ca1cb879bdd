"""The entries of a chat: what the store keeps and the page renders.

An entry has a ``role`` (``user``, ``bot``, ``agent``, ``automation``, ``notice``; ``start`` is the
server's own and is never shown), and what it has of ``name``, ``text``, ``media``, ``buttons``,
``request_id`` (the page's own id of a message) and ``answers`` (the entry whose button it is).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zendesk_handoff.domain.media import AGENT_MEDIA_PATH, is_inline_image

if TYPE_CHECKING:
    from zendesk_handoff.domain.messages import AgentMessage

HistoryItem = dict[str, Any]

_DATA_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+", re.ASCII)


def start_item(profile: Mapping[str, str]) -> HistoryItem:
    """Begin a conversation: what is known of the user is kept with it."""
    return {"role": "start", "profile": dict(profile)}


def user_item(text: str, *, request_id: str, answers: int | None = None) -> HistoryItem:
    """Show what the user wrote, or the words of the button they chose."""
    entry: HistoryItem = {"role": "user", "text": text, "request_id": request_id}
    return entry if answers is None else {**entry, "answers": answers}


def user_file_item(upload_id: str, *, name: str, media_type: str, request_id: str) -> HistoryItem:
    """Show a file of the user's."""
    kind = "image" if is_inline_image(media_type) else "file"
    media = {"kind": kind, "url": f"files/{upload_id}", "name": name}
    return {"role": "user", "media": media, "request_id": request_id}


def notice_item(text: str) -> HistoryItem:
    """Tell the user something that neither bot nor agent says."""
    return {"role": "notice", "text": text}


def bot_item(
    text: str | None = None,
    *,
    buttons: Iterable[Mapping[str, Any]] = (),
    media: Mapping[str, str] | None = None,
) -> HistoryItem | None:
    """Show what the bot says; ``None`` where nothing of it can be shown."""
    entry: HistoryItem = {"role": "bot"}
    if text and text.strip():
        entry["text"] = text.strip()
    choices = [choice for choice in map(_button, buttons) if choice]
    if choices:
        entry["buttons"] = choices
    if media:
        entry["media"] = dict(media)
    return entry if len(entry) > 1 else None


def media_of(kind: str, url: object, *, name: str | None = None) -> dict[str, str] | None:
    """Describe an image or a file, if its address is one that a page may use."""
    if not isinstance(url, str) or not is_safe_address(url, images=kind == "image"):
        return None
    fallback = urlsplit(url).path.rpartition("/")[2] if not url.startswith("data:") else ""
    return {"kind": kind, "url": url, "name": name or fallback or kind}


def is_safe_address(url: str, *, images: bool = False) -> bool:
    """Tell whether an address leads to a page or a file: no scripts, no other schemes."""
    if images and _DATA_IMAGE.fullmatch(url):
        return True
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        return False
    return scheme in {"http", "https"} or (not scheme and url.startswith("/"))


def agent_item(message: AgentMessage) -> HistoryItem:
    """Show what an agent says, or an automation of theirs."""
    entry: HistoryItem = {"role": "agent" if message.is_agent else "automation"}
    if message.author:
        entry["name"] = message.author
    if message.text:
        entry["text"] = message.text
    if message.media_url and message.kind != "text":
        media = media_of(message.kind, _beside_the_page(message.media_url), name=message.media_name)
        if media:
            entry["media"] = media
    return entry


def _beside_the_page(url: str) -> str:
    """Reach our own media by the host the page came from, whatever name Zendesk knows us by.

    The page's content policy admits no other host, and behind a tunnel the public one may not
    even be reachable from the user's machine.
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
