"""The bot's answers in Zendesk's own forms (Conversations API: schema `content`).

An answer is a message as Rasa's output channels take it. Content that a designer has written
himself is checked against the schemas here, and passed on as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.links import web_address
from zendesk_handoff.domain.text import MAX_TEXT, shorten, units

_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Label = Annotated[str, Meta(min_length=1, max_length=128)]
_Alt = Annotated[str, Meta(max_length=128)]
_Address = Annotated[str, Meta(min_length=1, max_length=2048)]

#: What one message holds; labels of buttons beyond 40 characters are cut on web, iOS and Android.
LIMITS = Limits(
    text=MAX_TEXT,
    image=MediaLimit(),
    file=MediaLimit(),
    buttons=10,
    button_title=40,
    cards=True,
)
#: Channels that show carousels; on others they are plain text, without pictures and postback
#: buttons (Conversations API: schema `carouselMessage`).
_WITH_CAROUSELS = frozenset({"web", "ios", "android", "messenger", "line", "telegram", "viber"})
_WITHOUT_CAROUSELS = replace(LIMITS, cards=False)
#: Channels that show less, by Zendesk's names.
_LIMITS_OF = {
    # Meta's page "Interactive reply buttons messages": three below a text of 1,024, whose titles
    # differ.
    "whatsapp": replace(_WITHOUT_CAROUSELS, buttons=3, button_title=20, button_text=1024),
    # Conversations API: schema `reply`, field `text`: longer labels are cut.
    "messenger": replace(LIMITS, button_title=20),
    # Meta's page "Quick Replies" of Instagram: longer labels are cut.
    "instagram": replace(_WITHOUT_CAROUSELS, button_title=20),
}
#: Channels without postback buttons on a message.
_REPLIES_ONLY = frozenset({"whatsapp"})
_MAX_ITEMS, _MAX_ITEM_ACTIONS, _MAX_ITEM_TEXT = 10, 3, 128


def limits_of(source: str) -> Limits:
    """Return what one message of a channel holds.

    Args:
        source: The channel by Zendesk's name; empty if it is not known.
    """
    # A client of the API shows by itself what it is given.
    is_whole = not source or source in _WITH_CAROUSELS or source.startswith("api:")
    return _LIMITS_OF.get(source, LIMITS if is_whole else _WITHOUT_CAROUSELS)


class _Reply(Struct, tag_field="type", tag="reply"):
    text: _Label
    payload: str


class _Postback(Struct, tag_field="type", tag="postback"):
    text: _Label
    payload: str


class _Link(Struct, tag_field="type", tag="link"):
    text: _Label
    uri: _Address


class _Webview(Struct, tag_field="type", tag="webview"):
    text: _Label
    uri: _Address
    fallback: _Address


class _LocationRequest(Struct, tag_field="type", tag="locationRequest"):
    text: _Label


class _Buy(Struct, tag_field="type", tag="buy"):
    text: _Label
    amount: int


_Action = _Reply | _Postback | _Link | _Webview | _LocationRequest | _Buy
_ItemAction = _Postback | _Link | _Webview | _Buy


class _Item(Struct, rename="camel"):
    title: _Label
    actions: Annotated[list[_ItemAction], Meta(min_length=1, max_length=_MAX_ITEM_ACTIONS)]
    description: _Alt | None = None
    media_url: _Address | None = None
    alt_text: _Alt | None = None


class _TextContent(Struct, tag_field="type", tag="text", rename="camel"):
    text: _Text | None = None
    html_text: _Text | None = None
    markdown_text: _Text | None = None
    actions: list[_Action] | None = None


class _Image(Struct, tag_field="type", tag="image", rename="camel"):
    media_url: _Address
    text: _Text | None = None
    alt_text: _Alt | None = None
    actions: list[_Action] | None = None


class _File(Struct, tag_field="type", tag="file", rename="camel"):
    media_url: _Address
    text: _Text | None = None
    alt_text: _Alt | None = None


class _Carousel(Struct, tag_field="type", tag="carousel"):
    items: Annotated[list[_Item], Meta(min_length=1, max_length=_MAX_ITEMS)]


class _List(Struct, tag_field="type", tag="list"):
    items: Annotated[list[_Item], Meta(min_length=1, max_length=_MAX_ITEMS)]
    actions: Annotated[list[_ItemAction], Meta(max_length=10)] | None = None


class _Option(Struct):
    name: _Label
    label: _Label


class _Field(Struct):
    type: Literal["text", "email", "select"]
    name: _Label
    label: _Label
    options: Annotated[list[_Option], Meta(max_length=200)] | None = None


class _Form(Struct, tag_field="type", tag="form"):
    fields: Annotated[list[_Field], Meta(min_length=1, max_length=20)]


class _Coordinates(Struct):
    lat: float
    long: float


class _Location(Struct, tag_field="type", tag="location"):
    coordinates: _Coordinates


class _Template(Struct, tag_field="type", tag="template"):
    template: dict[str, Any]


_Content = _TextContent | _Image | _File | _Carousel | _List | _Form | _Location | _Template


def content_of(message: Mapping[str, Any], *, source: str = "") -> dict[str, Any]:
    """Write one message of the bot's for Zendesk.

    Args:
        message: Within the limits of ``limits_of``: ``text`` with ``buttons``, ``image``,
            ``attachment``, ``elements`` or ``custom``.
        source: The user's channel by Zendesk's name.

    Returns:
        ``{"content": …}``, for a template of a channel's own also ``{"schema": …}``.

    Raises:
        ValueError: Zendesk would refuse it, or the channel would cut something off; the text says
            what, without the message's words.
    """
    if message.get("custom"):
        return _custom(message["custom"])
    if message.get("elements"):
        return {"content": _checked(_carousel(message["elements"]))}
    for name, kind in (("image", "image"), ("attachment", "file")):
        if message.get(name):
            address = web_address(_media_address(message[name]))
            if address is None:
                raise ValueError(f"the {name} has no web address")
            return {"content": {"type": kind, "mediaUrl": address}}
    content: dict[str, Any] = {"type": "text"}
    text = message.get("text")
    if isinstance(text, str) and text.strip():
        content["text"] = text
    buttons = message.get("buttons") or ()
    if buttons:
        content["actions"] = [_action(each, source) for each in buttons]
        titles = {each["text"] for each in content["actions"]}
        if source in _REPLIES_ONLY and len(titles) < len(buttons):
            raise ValueError("the channel takes no two buttons of one title")
    if len(content) == 1:
        raise ValueError("there is nothing in it")
    return {"content": _checked(content)}


def shows_buttons(buttons: Sequence[Mapping[str, Any]], source: str) -> bool:
    """Tell whether a channel shows these buttons; else they are a numbered list.

    Args:
        buttons: Of one message.
        source: The user's channel by Zendesk's name.
    """
    if len(buttons) > limits_of(source).buttons:
        return False
    try:
        content_of({"text": "…", "buttons": buttons}, source=source)
    except ValueError:
        return False
    return True


def _custom(custom: Any) -> dict[str, Any]:
    """Check content that a designer has written in Zendesk's own form."""
    if not isinstance(custom, Mapping):
        raise ValueError("custom content must be an object")
    if "content" not in custom:
        return {"content": _checked(custom)}
    schema = custom.get("schema")
    if schema not in (None, "whatsapp"):
        raise ValueError("the only schema of templates is `whatsapp`")
    found = {"content": _checked(custom["content"])}
    return {**found, "schema": schema} if schema else found


def _checked(content: Any) -> dict[str, Any]:
    try:
        msgspec.convert(content, _Content)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)[:200]) from None
    checked: dict[str, Any] = msgspec.to_builtins(content)
    return checked


def _action(button: Mapping[str, Any], source: str) -> dict[str, Any]:
    title, url = str(button.get("title") or "").strip(), web_address(button.get("url"))
    if not title:
        raise ValueError("a button has no title")
    if url is not None and not button.get("payload"):
        return {"type": "link", "text": title, "uri": url}
    limit = limits_of(source).button_title
    if units(title) > limit:
        raise ValueError(f"a button's title has more than the {limit} characters that are shown")
    is_postback = button.get("type") == "postback" and source not in _REPLIES_ONLY
    payload = str(button.get("payload") or title)
    return {"type": "postback" if is_postback else "reply", "text": title, "payload": payload}


def _carousel(elements: Any) -> dict[str, Any]:
    if not isinstance(elements, Sequence) or len(elements) > _MAX_ITEMS:
        raise ValueError(f"a carousel has at most {_MAX_ITEMS} elements")
    return {"type": "carousel", "items": [_item(each) for each in elements]}


def _item(element: Any) -> dict[str, Any]:
    if not isinstance(element, Mapping):
        raise ValueError("an element must be an object")
    item: dict[str, Any] = {"title": shorten(str(element.get("title") or ""), _MAX_ITEM_TEXT)}
    if element.get("subtitle"):
        item["description"] = shorten(str(element["subtitle"]), _MAX_ITEM_TEXT)
    image = web_address(element.get("image_url"))
    if image is not None:
        item["mediaUrl"] = image
    actions = []
    for button in element.get("buttons") or ():
        action = _action(button, "")
        if action["type"] == "reply":  # which items exclude
            action["type"] = "postback"
        actions.append(action)
    default = element.get("default_action")
    address = web_address(default.get("url")) if isinstance(default, Mapping) else None
    if not actions and address is not None:
        actions = [{"type": "link", "text": item["title"], "uri": address}]
    item["actions"] = actions
    return item


def _media_address(value: Any) -> Any:
    if isinstance(value, Mapping):
        payload = value.get("payload")
        inner = payload if isinstance(payload, Mapping) else value
        return inner.get("src") or inner.get("url")
    return value
