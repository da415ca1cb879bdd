"""Division of messages into what a channel takes. No I/O.

The results are messages as Rasa's output channels take them: ``text``, ``buttons``, ``image``,
``attachment``, ``elements``, ``custom``. Each is one message of the platform.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage, Button, Card
from zendesk_handoff.domain.text import split_text, units

Response = dict[str, Any]

#: What parts the messages in a text of Rasa's, by the custom of its channels.
_PARAGRAPH = "\n\n"
#: Embeddings, overrides and isolates, which would reverse the words after a name.
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def render(message: AgentMessage, limits: Limits) -> list[Response]:
    """Divide an agent's message into messages that a channel takes.

    The agent's name comes once, first. What the channel cannot show is said in words, with a link.

    Args:
        message: With addresses that the user can open.
        limits: The channel's.
    """
    media = _media(message, limits)
    lines = [message.text, *_media_words(message, is_shown=bool(media))]
    lines += [f"{each.title}: {each.url}" for each in message.buttons if each.url]
    choices = message.choices
    cards: list[Response] = []
    if message.cards and limits.cards and _cards_fit(message.cards, limits):
        of_cards = choices[len(choices) - _count_choices(message.cards) :]
        cards = [{"elements": _elements(message.cards, of_cards)}]
        choices = choices[: len(choices) - len(of_cards)]
    elif message.cards:
        cards, card_lines = _card_lines(message.cards, limits)
        lines += card_lines
    text = "\n".join(line for line in lines if line)
    author = one_line(message.author)
    as_buttons = _fit(choices, limits) and bool(text or author)
    if not as_buttons:
        numbered = (f"{number}. {each.title}" for number, each in enumerate(choices, start=1))
        text = "\n".join(filter(None, [text, *numbered]))
    if author:
        text = f"{author}: {text}" if text else f"{author}:"
    texts = _split(text, limits, has_buttons=as_buttons)
    responses: list[Response] = [{"text": each} for each in texts]
    if as_buttons and responses:
        responses[-1]["buttons"] = [_button(each.title) for each in choices]
    return [*responses, *cards, *media]


def divide(response: Mapping[str, Any], limits: Limits) -> list[Response]:
    """Divide a response of the domain into messages that a channel takes.

    Args:
        response: As a designer wrote it.
        limits: The channel's.
    """
    rest = {
        name: value
        for name, value in response.items()
        if name in {"image", "attachment", "elements", "custom"} and value
    }
    text = response.get("text")
    text = text if isinstance(text, str) else ""
    buttons = _mappings(response.get("buttons")) or _mappings(response.get("quick_replies"))
    if len(buttons) > limits.buttons:
        text, buttons = "\n".join(filter(None, [text, *_numbered(buttons)])), []
    divided: list[Response] = [
        {"text": each} for each in _split(text, limits, has_buttons=bool(buttons))
    ]
    if buttons:
        if not divided:
            divided = [{"text": ""}]
        divided[-1]["buttons"] = buttons
    for name, value in rest.items():
        limit = {"image": limits.image, "attachment": limits.file}.get(name, MediaLimit())
        if limit is None or (name == "elements" and not limits.cards):
            divided += [{"text": each} for each in _split(_words(name, value), limits)]
        else:
            divided.append({name: value})
    return divided


def words_of(message: AgentMessage) -> str:
    """Say in words everything of an agent's message but its name and its file.

    Args:
        message: Any.
    """
    whole = Limits(text=sys.maxsize)
    parts = render(replace(message, author="", media_url=None), whole)
    return "\n".join(part["text"] for part in parts)


def in_words(response: Mapping[str, Any]) -> str:
    """Say in words what a channel has refused in another form: its text, and links.

    Args:
        response: One message.
    """
    parts = [response.get("text") if isinstance(response.get("text"), str) else ""]
    parts += _numbered(_mappings(response.get("buttons")))
    for name in ("image", "attachment", "elements"):
        if response.get(name):
            parts.append(_words(name, response[name]))
    return "\n".join(part for part in parts if part) or CANNOT_SHOW


def without_files(response: Mapping[str, Any]) -> Response:
    """Say in words, with links, what a channel could not show of a message.

    Args:
        response: One message; its marks are kept.
    """
    forms = ("image", "attachment", "elements")
    if not any(response.get(each) for each in forms):
        return dict(response)
    rest = {name: value for name, value in response.items() if name not in {*forms, "buttons"}}
    return {**rest, "text": in_words(response)}


def one_line(name: str) -> str:
    """Write a name on one line, without marks that turn the direction of what follows it.

    Args:
        name: From outside.
    """
    return _DIRECTION_MARKS.sub("", " ".join(name.split()))


def _media(message: AgentMessage, limits: Limits) -> list[Response]:
    """Return the message's file as a message of its own, where the channel takes it."""
    limit = limits.image if message.kind == "image" else limits.file
    if message.media_url is None or limit is None:
        return []
    if not limit.takes(message.media_type, message.media_size):
        return []
    return [{"image" if message.kind == "image" else "attachment": message.media_url}]


def _media_words(message: AgentMessage, *, is_shown: bool) -> list[str]:
    """Return a file's name, and its address where the file itself is not shown."""
    name, url = message.media_name or "", message.media_url
    if url is None:
        return []
    if not is_shown:
        return [f"{name}: {url}" if name else url]
    return [name] if message.kind == "file" or not message.text else []


def _fit(choices: Sequence[Button], limits: Limits) -> bool:
    """Tell whether choices can be buttons whose titles are whole; a title that is cut is lost."""
    return 0 < len(choices) <= limits.buttons and all(
        units(each.title) <= limits.button_title for each in choices
    )


def _cards_fit(cards: Sequence[Card], limits: Limits) -> bool:
    buttons = [button for card in cards for button in card.buttons]
    return all(len(card.buttons) <= limits.buttons for card in cards) and all(
        units(each.title) <= limits.button_title for each in buttons
    )


def _count_choices(cards: Iterable[Card]) -> int:
    return sum(not button.url for card in cards for button in card.buttons)


def _button(title: str, said: str | None = None) -> Response:
    """Make a button; the user's choice is sent in words, so that it can be read anywhere."""
    return {"title": title, "payload": said or title}


def _elements(cards: Iterable[Card], choices: Iterable[Button]) -> list[Response]:
    said = iter(choices)
    elements = []
    for card in cards:
        element: Response = {"title": card.title, "subtitle": card.description}
        if card.image_url:
            element["image_url"] = card.image_url
        buttons: list[Response] = [
            {"title": each.title, "type": "web_url", "url": each.url}
            if each.url
            else {**_button(each.title, next(said).title), "type": "postback"}
            for each in card.buttons
        ]
        if buttons:
            element["buttons"] = buttons
        elements.append(element)
    return elements


def _card_lines(cards: Iterable[Card], limits: Limits) -> tuple[list[Response], list[str]]:
    """Return the pictures that the channel shows, and everything else in lines."""
    images: list[Response] = []
    lines: list[str] = []
    for card in cards:
        lines.append(" - ".join(filter(None, (card.title, card.description))))
        if card.image_url:
            if limits.image is not None:
                images.append({"image": card.image_url})
            else:
                lines.append(card.image_url)
        lines += [f"{each.title}: {each.url}" for each in card.buttons if each.url]
    return images, lines


def _numbered(buttons: Iterable[Mapping[str, Any]]) -> list[str]:
    """Write buttons as lines: choices are numbered, links have their address."""
    lines, number = [], 0
    for each in buttons:
        title, url = str(each.get("title") or ""), each.get("url")
        if isinstance(url, str) and url and not each.get("payload"):
            lines.append(f"{title}: {url}" if title else url)
        else:
            number += 1
            lines.append(f"{number}. {title}")
    return lines


def _split(text: str, limits: Limits, *, has_buttons: bool = False) -> list[str]:
    if not text.strip():
        return []
    measure = limits.measure
    whole = text.split(_PARAGRAPH) if limits.paragraphs else [text]
    parts = [
        part
        for each in whole
        if each.strip()
        for part in split_text(each, limits.text, measure=measure)
    ]
    shortest = limits.button_text
    if has_buttons and shortest is not None and measure(parts[-1]) > shortest:
        parts[-1:] = split_text(parts[-1], shortest, measure=measure)
    return [part.strip() for part in parts if part.strip()]


def _words(name: str, value: Any) -> str:
    """Say in words what a channel does not show."""
    if name == "elements":
        lines = []
        for each in _mappings(value):
            fields = (each.get("title"), each.get("subtitle"), each.get("image_url"))
            lines += [str(field) for field in fields if field]
            lines += _numbered(_mappings(each.get("buttons")))
        return "\n".join(lines)
    if isinstance(value, Mapping):
        payload = value.get("payload")
        inner = payload if isinstance(payload, Mapping) else value
        value = inner.get("src") or inner.get("url") or inner.get("text")
    return value if isinstance(value, str) else CANNOT_SHOW


def _mappings(value: Any) -> list[Response]:
    return (
        [dict(each) for each in value if isinstance(each, Mapping)]
        if isinstance(value, list)
        else []
    )
