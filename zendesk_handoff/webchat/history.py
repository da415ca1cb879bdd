"""History items: the messages that the store keeps and the page shows.

An item has a ``role`` (``user``, ``bot``, ``agent``, ``automation``, ``status``, ``notice``,
``deletion``; ``start`` is the server's own and is never shown), and those that apply of ``name``,
``avatar``, ``text``, ``media``, ``buttons``, ``cards``, ``form``, ``request_id`` (the page's own id
of a message), ``answers`` (the item whose button was chosen, or whose form was filled in), ``code``
(of a notice), ``is_deleted`` and ``deletes`` (the item that a deletion takes back). The stream adds
``at``, the time in seconds since 1970.
The page renders the bot's texts as Markdown. Those of agents are shown as they are, and web
addresses in them are links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from zendesk_handoff.domain.foreign_values import text_of
from zendesk_handoff.domain.identity import KnownUser
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH, INLINE_IMAGE_TYPES, is_inline_image

if TYPE_CHECKING:
    from zendesk_handoff.domain.messages import AgentMessage, Button, Card

HistoryItem = dict[str, Any]

_IMAGE_TYPE = "|".join(map(re.escape, sorted(INLINE_IMAGE_TYPES)))
_DATA_IMAGE = re.compile(rf"data:(?:{_IMAGE_TYPE});base64,[A-Za-z0-9+/=]+")


def start_item(profile: Mapping[str, str], user: KnownUser | None = None) -> HistoryItem:
    """Build the first item of a conversation: what the page's address told, what was signed."""
    return {
        "role": "start",
        "profile": dict(profile),
        "user": {} if user is None else user.to_json(),
    }


def offers(item: Mapping[str, Any], payload: str) -> bool:
    """Tell whether an item of the bot's, or of an agent's, has a button with a payload.

    Args:
        item: A history item.
        payload: As the page has sent it.
    """
    if item.get("role") == "user":
        return False
    holders = (item, *(item.get("cards") or ()))
    buttons = (button for holder in holders for button in holder.get("buttons") or ())
    return any(text_of(button.get("payload")) == payload for button in buttons)


def is_from_agents(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is of the agents' side: an agent's, or an automation's.

    Args:
        item: A history item.
    """
    return item.get("role") in {"agent", "automation"}


def user_item(text: str, *, request_id: str, answers: int | None = None) -> HistoryItem:
    """Build an item for a user's text, or for the title of the button that they chose."""
    item: HistoryItem = {"role": "user", "text": text, "request_id": request_id}
    return item if answers is None else {**item, "answers": answers}


def user_file_item(
    upload_id: str, *, name: str, media_type: str, size: int, request_id: str
) -> HistoryItem:
    """Build an item for a file that the user sent."""
    kind = "image" if is_inline_image(media_type) else "file"
    media = {"kind": kind, "url": f"files/{upload_id}", "name": name, "size": size}
    return {"role": "user", "media": media, "request_id": request_id}


def notice_item(text: str, *, code: str) -> HistoryItem:
    """Build an item for a message of the chat itself, from neither bot nor agent.

    Args:
        text: For a page that has no words for the code.
        code: One word, for which the page has words in the user's language.
    """
    return {"role": "notice", "text": text, "code": code}


def status_item(text: str) -> HistoryItem | None:
    """Build an item for words about the handover itself; ``None`` where there are none.

    Args:
        text: Markdown, as every text of the bot's.
    """
    return {"role": "status", "text": text.strip()} if text.strip() else None


def bot_item(
    text: str | None = None,
    *,
    buttons: Iterable[Mapping[str, Any]] = (),
    media: Mapping[str, Any] | None = None,
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


def describe_media(
    kind: str, url: object, *, name: str | None = None, size: int | None = None
) -> dict[str, Any] | None:
    """Describe an image or a file; ``None`` where the page may not use its address.

    Args:
        kind: ``image`` or ``file``.
        url: Its address.
        name: Its name; the address's last part by default.
        size: In bytes, where it is known.
    """
    if not isinstance(url, str) or not is_safe_address(url, images=kind == "image"):
        return None
    fallback = urlsplit(url).path.rpartition("/")[2] if not url.startswith("data:") else ""
    described = {"kind": kind, "url": url, "name": name or fallback or kind}
    return described if size is None else {**described, "size": size}


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
    if message.avatar_url and is_safe_address(message.avatar_url):
        item["avatar"] = message.avatar_url
    if message.form is not None:
        item["form"] = asdict(message.form)
    elif message.text:
        item["text"] = message.text
    if message.media_url and message.kind != "text":
        media = describe_media(
            message.kind,
            _on_this_host(message.media_url),
            name=message.media_name,
            size=message.media_size,
        )
        if media:
            item["media"] = media
    choices = iter(message.choices)
    if buttons := _agent_buttons(message.buttons, choices):
        item["buttons"] = buttons
    if message.cards:
        item["cards"] = [_card(card, choices) for card in message.cards]
    return item


def _agent_buttons(buttons: Iterable[Button], choices: Iterator[Button]) -> list[dict[str, str]]:
    """Build an agent's buttons; a choice is sent in words, which tell it from the others."""
    shown = []
    for button in buttons:
        if not button.url:
            said = next(choices).title
            shown.append({"title": button.title, "payload": said, "says": said})
        elif is_safe_address(button.url):
            shown.append({"title": button.title, "url": button.url})
    return shown


def _card(card: Card, choices: Iterator[Button]) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": card.title}
    if card.description:
        shown["text"] = card.description
    if card.image_url and is_safe_address(card.image_url, images=True):
        shown["image"] = _on_this_host(card.image_url)
    if buttons := _agent_buttons(card.buttons, choices):
        shown["buttons"] = buttons
    return shown


def _on_this_host(url: str) -> str:
    """Remove the host from the address of a file that this server gives out.

    The page's content policy allows no host but the page's own, and the public address that
    Zendesk knows may not be reachable from the user's machine.
    """
    _, found, rest = url.partition(f"{AGENT_MEDIA_PATH}/")
    return f"{AGENT_MEDIA_PATH}/{rest}" if found else url


def _button(button: Mapping[str, Any]) -> dict[str, str] | None:
    title, payload = text_of(button.get("title")), text_of(button.get("payload"))
    if not title:
        return None
    url = button.get("url")
    if payload:
        return {"title": title, "payload": payload}
    if isinstance(url, str):
        return {"title": title, "url": url} if is_safe_address(url) else None
    return {"title": title, "payload": title}
