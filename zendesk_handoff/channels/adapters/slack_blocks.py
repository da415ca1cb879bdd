"""Messages as Slack's ``chat.postMessage`` takes them: texts, buttons, pictures, cards. No I/O.

Limits of blocks: Slack's page "Block Kit" (https://docs.slack.dev/reference/block-kit/blocks).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from zendesk_handoff.channels.adapters.slack_events import escape, unescape
from zendesk_handoff.domain.text import shorten
from zendesk_handoff.errors import NotDelivered

_MAX_TITLE = 75
_MAX_VALUE = 2000
_MAX_ALT = 2000
_MAX_SECTION = 3000
_MAX_BLOCKS = 50
_URL = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?')\]]")


def message_arguments(message: Mapping[str, Any]) -> dict[str, Any]:
    """Make the arguments of a message, without its place.

    Args:
        message: One message; ``mrkdwn`` is false for texts without markup.

    Raises:
        NotDelivered: Slack has no such messages.
    """
    text = message.get("text")
    image, attachment, custom = (message.get(each) for each in ("image", "attachment", "custom"))
    if message.get("buttons"):
        return _with_buttons(str(text or ""), message["buttons"], mrkdwn=message.get("mrkdwn"))
    if isinstance(text, str) and text:
        switch = {"mrkdwn": False} if message.get("mrkdwn") is False else {}
        return {"text": text, **switch}
    if isinstance(image, str):
        alt = _file_name(image) or "image"
        block = {"type": "image", "image_url": image, "alt_text": shorten(alt, _MAX_ALT)}
        return {"text": escape(alt), "blocks": [block]}
    if isinstance(attachment, str):
        return {"text": f"<{_link(attachment)}|{escape(_file_name(attachment)) or 'file'}>"}
    if isinstance(attachment, Mapping):
        return {"text": "", "attachments": [dict(attachment)]}
    if isinstance(message.get("elements"), list):
        return _cards(message["elements"])
    if isinstance(custom, Mapping):
        return dict(custom)
    raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)


def _with_buttons(text: str, buttons: Iterable[Any], *, mrkdwn: object) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    if text and mrkdwn is False:
        blocks.append(_literal_block(text))
    elif text:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    blocks += _buttons(buttons)
    return {"text": text, "blocks": blocks}


def _literal_block(text: str) -> dict[str, Any]:
    """Make a block that shows a text without markup, in which addresses can be opened."""
    text = unescape(text)
    parts: list[dict[str, Any]] = []
    end = 0
    for found in _URL.finditer(text):
        parts += [
            {"type": "text", "text": text[end : found.start()]},
            {"type": "link", "url": found.group()},
        ]
        end = found.end()
    parts.append({"type": "text", "text": text[end:]})
    shown = [each for each in parts if each.get("text") or each.get("url")]
    section = {"type": "rich_text_section", "elements": shown}
    return {"type": "rich_text", "elements": [section]}


def _buttons(buttons: Iterable[Any]) -> list[dict[str, Any]]:
    elements = [
        _button(each, number)
        for number, each in enumerate(buttons, start=1)
        if isinstance(each, Mapping)
    ]
    return [{"type": "actions", "elements": elements}] if elements else []


def _button(button: Mapping[str, Any], number: int) -> dict[str, Any]:
    title = str(button.get("title") or number)
    made: dict[str, Any] = {
        "type": "button",
        "text": {"type": "plain_text", "text": shorten(title, _MAX_TITLE)},
    }
    payload = button.get("payload")
    if isinstance(button.get("url"), str) and not payload:
        return {**made, "url": button["url"]}
    value = str(payload or title)
    return {**made, "value": value if len(value) <= _MAX_VALUE else title[:_MAX_VALUE]}


def _cards(cards: Iterable[Any]) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    titles: list[str] = []
    for card in cards:
        if not isinstance(card, Mapping):
            continue
        title, subtitle = str(card.get("title") or ""), str(card.get("subtitle") or "")
        titles.append(title)
        words = escape("\n".join(filter(None, [title, subtitle]))) or "…"
        text = {"type": "mrkdwn", "text": shorten(words, _MAX_SECTION)}
        section: dict[str, Any] = {"type": "section", "text": text}
        if isinstance(card.get("image_url"), str):
            section["accessory"] = {
                "type": "image",
                "image_url": card["image_url"],
                "alt_text": shorten(title or "image", _MAX_ALT),
            }
        buttons = card.get("buttons")
        blocks += [section, *_buttons(buttons if isinstance(buttons, list) else ())]
    if not blocks or len(blocks) > _MAX_BLOCKS:
        raise NotDelivered("the channel does not take so many cards", may_repeat=False)
    return {"text": escape(", ".join(filter(None, titles))), "blocks": blocks}


def _file_name(url: str) -> str:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""


def _link(url: str) -> str:
    """Write an address for a link, in which a bar or a bracket would end it."""
    return escape(url.replace("|", "%7C").replace(">", "%3E").replace("<", "%3C"))
