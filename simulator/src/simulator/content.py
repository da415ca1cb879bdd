"""Validation of message contents (Conversations API: schema `messagePost`)."""

from __future__ import annotations

import html
import mimetypes
import re
from urllib.parse import urlsplit

from . import validation
from .errors import bad_request
from .records import Json
from .switches import Switches

TEXT_LIMIT = 4096
"""Characters in a text (Conversations API: schema `textMessage`)."""

_ACTIONS = {
    "reply": ("text", "payload"),
    "postback": ("text", "payload"),
    "link": ("text", "uri"),
    "webview": ("text", "uri", "fallback"),
    "locationRequest": ("text",),
    "buy": ("text", "amount"),
}
_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")
_ITEM_ACTIONS = frozenset(_ACTIONS) - {"reply", "locationRequest"}


def checked(content: Json, switches: Switches) -> Json:
    """Validate the content of a message to post; return it as the API shows it.

    Args:
        content: The `content` of the request.
        switches: The app's switches; `text_unit` decides how characters are counted.

    Raises:
        ApiError: 400 for what the API reference does not allow.
    """
    kind = validation.required(content, "type")
    check = _KINDS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise bad_request(f"Invalid content type: {kind}")
    shown = {name: value for name, value in content.items() if value is not None}
    _texts(shown, switches)
    check(shown)
    return shown


def _texts(content: Json, switches: Switches) -> None:
    for name in ("text", "htmlText", "markdownText"):
        value = content.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise bad_request(f"content.{name} should be string")
        if validation.length(value, switches.text_unit) > TEXT_LIMIT:
            raise bad_request(f"content.{name} should NOT be longer than {TEXT_LIMIT} characters")
    if "markdownText" in content:
        if "htmlText" in content:
            raise bad_request("content.markdownText cannot be used together with htmlText")
        # Write-only, shown as htmlText. Of Markdown only paragraphs and links are rendered.
        paragraphs = content.pop("markdownText").split("\n\n")
        content["htmlText"] = "".join(f"<p>{_links(html.escape(one))}</p>" for one in paragraphs)
    if content.get("htmlText") and not content.get("text"):
        # Schema `htmlText`: converted to `text` for channels without rich text.
        plain = _TAG.sub("", content["htmlText"].replace("</p>", "</p>\n"))
        content["text"] = html.unescape(plain).strip()


def _links(escaped: str) -> str:
    return _LINK.sub(r'<a href="\2">\1</a>', escaped)


def _text(content: Json) -> None:
    if not any(content.get(name) for name in ("text", "htmlText", "actions")):
        raise bad_request("should have required property 'text'")
    _actions(content, "actions", allowed=frozenset(_ACTIONS))


def _media(content: Json) -> None:
    validation.required(content, "mediaUrl")
    address = validation.uri(content, "mediaUrl")
    validation.string(content, "altText", limit=128, at_least=0)
    guessed, _ = mimetypes.guess_type(urlsplit(address or "").path)
    content.setdefault("mediaType", guessed or "application/octet-stream")
    if content["type"] == "image":
        _actions(content, "actions", allowed=frozenset(_ACTIONS))


def _carousel(content: Json) -> None:
    _items(content)
    content["text"] = "\n\n".join(item["title"] for item in content["items"])


def _list(content: Json) -> None:
    _items(content)
    _actions(content, "actions", allowed=_ITEM_ACTIONS, at_most=10)


def _items(content: Json) -> None:
    for item in validation.array(content, "items", at_least=1, at_most=10):
        validation.required(item, "title")
        validation.string(item, "title", limit=128)
        validation.string(item, "description", limit=128)
        validation.string(item, "altText", limit=128)
        validation.uri(item, "mediaUrl")
        validation.array(item, "actions", at_least=1, at_most=3)
        _actions(item, "actions", allowed=_ITEM_ACTIONS, at_most=3)


def _form(content: Json) -> None:
    names = set()
    for field in validation.array(content, "fields", at_least=1, at_most=20):
        if field.get("type") not in ("text", "email", "select"):
            raise bad_request("fields.type should be text, email or select")
        for name in ("name", "label"):
            validation.required(field, name)
            validation.string(field, name, limit=128)
        names.add(field["name"])
        if field["type"] == "select":
            validation.array(field, "options", at_least=1, at_most=200)
    if len(names) < len(content["fields"]):
        raise bad_request("fields should have unique names")
    content["submitted"] = False


def _location(content: Json) -> None:
    point = validation.required(content, "coordinates")
    if not isinstance(point, dict):
        raise bad_request("coordinates should be object")
    for name in ("lat", "long"):
        if not isinstance(validation.required(point, name), (int, float)):
            raise bad_request(f"coordinates.{name} should be number")


def _template(content: Json) -> None:
    validation.required(content, "template")


def _actions(body: Json, name: str, *, allowed: frozenset[str], at_most: int = 100) -> None:
    if body.get(name) is None:
        return
    for action in validation.array(body, name, at_least=1, at_most=at_most):
        kind = validation.required(action, "type")
        if kind not in allowed:
            raise bad_request(f"Invalid action type: {kind}")
        for one in _ACTIONS[kind]:
            validation.required(action, one)


_KINDS = {
    "text": _text,
    "image": _media,
    "file": _media,
    "carousel": _carousel,
    "list": _list,
    "form": _form,
    "location": _location,
    "template": _template,
}
