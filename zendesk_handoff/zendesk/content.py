"""Reduction of a message's content to what a user can be shown (Conversations API: `content`).

The shapes are those of the schemas under `content`, `action`, `item` and `field` of the API's
reference, https://docs.smooch.io/rest/. Nothing that can be read is left out. An address that is
not of the web is never passed on; the words beside it are, but for the label of a link, which
would be nothing but that.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from posixpath import basename, splitext
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from zendesk_handoff.domain.links import web_address
from zendesk_handoff.domain.media import is_image
from zendesk_handoff.domain.messages import Button, Card, Form, FormField, Kind
from zendesk_handoff.domain.rich_text import html_to_text, markdown_to_text, with_address
from zendesk_handoff.domain.untrusted_text import is_shown

#: A map of a place (OpenStreetMap wiki: page `Permalink`).
_MAP = "https://www.openstreetmap.org/?mlat={lat}&mlon={long}#map=17/{lat}/{long}"
_MAX_NAME = 128
_UNSAFE_IN_NAMES = re.compile(r"[/\\:*?\"<>|]")
#: How deep the texts of an unknown content may lie.
_MAX_DEPTH = 6
_MEDIA = frozenset({"image", "file"})
_ITEMS = frozenset({"carousel", "list"})
_ITEM_PARTS = ("title", "altText", "description", "mediaUrl", "actions")


class Media(NamedTuple):
    """A file of a message.

    Args:
        url: Its address.
        kind: ``image`` or ``file``.
        name: The name that the agent sees.
        media_type: For example ``image/png``, if it is given.
        size: In bytes, if it is given.
    """

    url: str
    kind: Kind
    name: str
    media_type: str | None
    size: int | None


def text_of(content: Mapping[str, Any], *, has_media: bool = False) -> str:
    """Return everything of a content that is said in words.

    Args:
        content: The message's.
        has_media: Whether the content's file is shown besides.
    """
    kind = _string(content, "type")
    # A carousel's own text repeats its items, and a place's its coordinates.
    has_items = kind in _ITEMS and bool(cards_of(content))
    lines = [] if has_items or kind == "location" else [own_text(content)]
    if kind in _MEDIA and not has_media:
        lines.append(_string(content, "altText"))
    if kind == "formResponse":
        lines += [_string(content, "textFallback")] if content.get("textFallback") else []
        lines += [] if any(lines) else _given(content)
    lines += _questions(content)
    lines += _place(content)
    lines += [text for action in _mappings(content.get("actions")) if (text := _in_words(action))]
    if not any(lines) and not has_items and not has_media:
        is_known = kind in {"text", *_MEDIA, *_ITEMS} or any(buttons_of(content))
        lines += [] if is_known else _all_texts(content)
    return "\n".join(line for line in lines if line)


def own_text(content: Mapping[str, Any]) -> str:
    """Return the text itself; the HTML first, which alone has the addresses of links.

    Args:
        content: A message's; the schema `textMessage`, or the caption of a file.
    """
    markup = _string(content, "htmlText")
    return (
        (html_to_text(markup) if markup else "")
        or _string(content, "text")
        or markdown_to_text(_string(content, "markdownText"))
    )


def media_of(content: Mapping[str, Any]) -> Media | None:
    """Return the file of a content; ``None`` without one that has a web address.

    Args:
        content: A message's.
    """
    url = web_address(content.get("mediaUrl"))
    kind = _string(content, "type")
    if kind not in _MEDIA or url is None:
        return None
    media_type, size = content.get("mediaType"), content.get("mediaSize")
    media_type = media_type if isinstance(media_type, str) and media_type.isprintable() else None
    shown_as: Kind = "image" if kind == "image" or is_image(media_type or "") else "file"
    name = _file_name(content, url)
    is_size = isinstance(size, int) and not isinstance(size, bool) and size >= 0
    return Media(url, shown_as, name, media_type, size if is_size else None)


def buttons_of(holder: Mapping[str, Any]) -> tuple[Button, ...]:
    """Return the actions that a user can choose or open (schema `action`), and a form's options.

    Args:
        holder: A content, or an item of a carousel or a list.
    """
    return tuple([*_actions(holder), *_options(holder)])


def cards_of(content: Mapping[str, Any]) -> tuple[Card, ...]:
    """Return the items of a carousel or a list (schema `item`).

    Args:
        content: A message's.
    """
    return tuple(
        Card(
            title=_string(item, "title") or _string(item, "altText"),
            description="\n".join(
                filter(None, [_string(item, "description"), *map(_in_words, _actions_of(item))])
            ),
            image_url=web_address(item.get("mediaUrl")) or "",
            buttons=tuple(_actions(item)),
        )
        for item in _mappings(content.get("items"))
        if any(
            item.get(each) for each in ("title", "altText", "description", "mediaUrl", "actions")
        )
    )


def form_of(content: Mapping[str, Any]) -> Form | None:
    """Return the questions of a form (schema `formMessage`), unless its options are buttons.

    Args:
        content: A message's.
    """
    fields = _mappings(content.get("fields"))
    if _string(content, "type") != "form" or any(_options(content)):
        return None
    questions = tuple(
        FormField(
            label=_label(each),
            kind=_string(each, "type") or "text",
            hint=_string(each, "placeholder"),
            options=tuple(_labels(each)),
        )
        for each in fields
    )
    return Form(own_text(content), questions) if questions else None


def references_of(references: Any) -> str:
    """Return the sources of an answer, a line each (schema `reference`).

    Args:
        references: The message's.
    """
    lines = []
    for each in _mappings(references):
        words = " - ".join(filter(None, (_string(each, "title"), _string(each, "description"))))
        lines.append(with_address(words, each.get("uri")))
    return "\n".join(line for line in lines if line)


def _actions(holder: Mapping[str, Any]) -> Iterator[Button]:
    for action in _actions_of(holder):
        label = _string(action, "text")
        address = _address(action)
        if address:
            yield Button(title=label or address, url=address)
        elif _string(action, "type") in {"reply", "postback"} and label:
            payload = action.get("payload")
            yield Button(title=label, payload=payload if isinstance(payload, str) else "")


def _in_words(action: Mapping[str, Any]) -> str:
    """Say in words what is neither a choice nor a link: a request for a place, an offer to pay.

    A link that leads nowhere is none of these: its label alone would be a word without a meaning.
    """
    if _address(action) or _string(action, "type") in {"reply", "postback", "link", "webview"}:
        return ""
    label = _string(action, "text")
    amount, currency = action.get("amount"), _string(action, "currency").upper()
    if isinstance(amount, int) and not isinstance(amount, bool):
        return f"{label}: {Decimal(amount) / 100:.2f} {currency}".strip()
    return label


def _address(action: Mapping[str, Any]) -> str | None:
    return web_address(action.get("uri")) or web_address(action.get("fallback"))


def _actions_of(holder: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _mappings(holder.get("actions"))


def _questions(content: Mapping[str, Any]) -> list[str]:
    """Ask the questions of a form in words; the options of a choice are numbered."""
    fields = _mappings(content.get("fields"))
    if _string(content, "type") != "form":
        return []
    lines = []
    for number, each in enumerate(fields, start=1):
        label = _label(each)
        hint = _string(each, "placeholder")
        question = f"{label} ({hint})" if hint and hint != label else label
        lines.append(f"{number}. {question}" if len(fields) > 1 else question)
        if len(fields) > 1:
            lines += [f"   {place}) {option}" for place, option in enumerate(_labels(each), 1)]
    return lines


def answer_of(field: Mapping[str, Any]) -> str:
    """Return what a user has entered into a field (schema `formResponseMessageField`).

    Args:
        field: Of a form's response.
    """
    chosen = ", ".join(_labels({"options": field.get("select")}))
    return _string(field, "text") or _string(field, "email") or chosen


def _given(content: Mapping[str, Any]) -> list[str]:
    """Say the answers of a form in words, as `textFallback` does where it is given."""
    fields = _mappings(content.get("fields"))
    return [f"{_label(each)}: {answer}" for each in fields if (answer := answer_of(each))]


def _options(content: Mapping[str, Any]) -> Iterator[Button]:
    """Return the options of a form whose only question is a choice."""
    fields = _mappings(content.get("fields"))
    if _string(content, "type") == "form" and len(fields) == 1:
        for option in _mappings(fields[0].get("options")):
            if label := _label(option):
                yield Button(title=label, payload=_string(option, "name"))


def _labels(field: Mapping[str, Any]) -> list[str]:
    options = _mappings(field.get("options"))
    return [label for label in map(_label, options) if label]


def _label(holder: Mapping[str, Any]) -> str:
    return _string(holder, "label") or _string(holder, "name")


def _place(content: Mapping[str, Any]) -> list[str]:
    location, coordinates = content.get("location"), content.get("coordinates")
    lines = []
    if isinstance(location, Mapping):
        lines += [_string(location, "name"), _string(location, "address")]
    if isinstance(coordinates, Mapping):
        point = [_degrees(coordinates.get(name)) for name in ("lat", "long")]
        if None not in point:
            lines.append(_MAP.format(lat=point[0], long=point[1]))
    if _string(content, "type") == "location" and not any(lines):
        lines.append(_string(content, "text"))
    return lines


def _degrees(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) <= 360 else None


def _file_name(content: Mapping[str, Any], url: str) -> str:
    """Return the name that the agent sees, else that in the address; its ending is kept."""
    in_address = unquote(basename(urlsplit(url).path), errors="replace")
    name = _string(content, "altText")
    ending = splitext(in_address)[1]
    if name and not splitext(name)[1] and 1 < len(ending) <= 8:
        name += ending
    # Characters that end a path, or turn the direction in which the ending is read.
    name = "".join(filter(is_shown, name or in_address))
    return _UNSAFE_IN_NAMES.sub("_", name).strip(". ")[-_MAX_NAME:] or "file"


def _all_texts(value: Any, depth: int = 0) -> list[str]:
    """Collect the texts of a content of a type that is not known: a template, for example."""
    if depth > _MAX_DEPTH:
        return []
    if isinstance(value, list):
        return [text for each in value for text in _all_texts(each, depth + 1)]
    if not isinstance(value, Mapping):
        return []
    found = []
    for name, each in value.items():
        if isinstance(each, str) and name in {"text", "title", "caption", "label", "textFallback"}:
            found.append(each.strip())
        elif isinstance(each, str) and web_address(each):
            found.append(str(web_address(each)))
        else:
            found += _all_texts(each, depth + 1)
    return found


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _string(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name)
    return value.strip() if isinstance(value, str) else ""
