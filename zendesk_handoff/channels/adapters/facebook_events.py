"""Reading of Messenger's webhook events: text, files, places, shared links, edits. No I/O.

Meta's pages `messages`, `message_edits` and `messaging_postbacks`
(https://developers.facebook.com/docs/messenger-platform/reference/webhook-events).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.user_content import Place, UserContent, UserFile

#: Attachments that are files, and those that Rasa's channel gives the bot as an address.
_FILES = frozenset({"image", "audio", "video", "file", "sticker"})
_FOR_BOT = frozenset({"image", "audio", "video", "file"})
_REDIRECT_HOSTS = frozenset({"l.facebook.com", "lm.facebook.com"})

JsonObject = Mapping[str, Any]

#: The events of messages from requests that may hold several.
_events: WeakKeyDictionary[UserMessage, JsonObject] = WeakKeyDictionary()


def keep_event(message: UserMessage, event: JsonObject) -> None:
    """Remember the event that a message was made of.

    Args:
        message: A user's.
        event: Its event.
    """
    _events[message] = event


def event_of(message: UserMessage, body: bytes) -> JsonObject:
    """Return the event that a message was made of; empty if it is not known.

    Args:
        message: A user's.
        body: The body of its request. Rasa's channel reads the first message of it, whosever.
    """
    kept = _events.get(message)
    if kept is not None:
        return kept
    first = next((each for each in events_of(body) if _has_content(each)), {})
    return first if sender_of(first) == message.sender_id else {}


def events_of(body: bytes) -> list[JsonObject]:
    """List the events of a request; what has another shape is left out.

    Args:
        body: The body of a webhook call, with entries that have one or several events each.
    """
    try:
        call = json.loads(body)
    except ValueError:
        return []
    found: list[JsonObject] = []
    for entry in _list(call, "entry"):
        found += [each for each in _list(entry, "messaging") if isinstance(each, dict)]
    return found


def sender_of(event: JsonObject) -> str:
    """Return the id of the user whose event it is; empty for one of the page's own messages.

    Args:
        event: An event.
    """
    sender_id = _object(event, "sender").get("id")
    if not isinstance(sender_id, str | int) or _object(event, "message").get("is_echo"):
        return ""
    return str(sender_id)


def key_of(event: JsonObject) -> str | None:
    """Return what identifies a message or an edit, which Messenger may send again.

    Args:
        event: An event.
    """
    edit = _object(event, "message_edit")
    mid = _text(edit or _object(event, "message") or _object(event, "postback"), "mid")
    if not mid:
        return None
    if edit:
        return f"facebook:{mid}:edit:{edit.get('num_edit')}"
    is_deletion = _object(event, "message").get("is_deleted") is True
    return f"facebook:{mid}:deletion" if is_deletion else f"facebook:{mid}"


def read_until(event: JsonObject) -> float | None:
    """Return until when a user has read what was sent, in seconds since 1970 (`message_reads`).

    Args:
        event: An event; ``None`` is the answer for one of another kind.
    """
    watermark = _object(event, "read").get("watermark")
    if not isinstance(watermark, int | float) or isinstance(watermark, bool):
        return None
    return watermark / 1000 if 0 < watermark < 2**53 else None


def text_for_bot(event: JsonObject) -> str | None:
    """Return the text that Rasa's channel gives the bot; ``None`` if it gives it nothing.

    Args:
        event: An event.
    """
    message = _object(event, "message")
    if message.get("is_deleted") is True:
        return None
    if message:
        payload = _text(_object(message, "quick_reply"), "payload")
        return payload or _text(message, "text") or _first_address(message)
    return _text(_object(event, "postback"), "payload") or None


def content_of(event: JsonObject, *, is_own: Callable[[str], bool]) -> UserContent | None:
    """Read what a user has sent; ``None`` if there is nothing of theirs in the event.

    Args:
        event: An event.
        is_own: Tells whether an address is one of Meta's, whose files are read before they expire.
    """
    key = key_of(event)
    edit, postback = _object(event, "message_edit"), _object(event, "postback")
    if edit:
        return UserContent(text=_text(edit, "text"), change="edit", key=key)
    message = _object(event, "message")
    if not message and postback:
        title = _text(postback, "title") or None
        return UserContent(text=_text(postback, "payload"), title=title, key=key)
    if not message:
        return None
    if message.get("is_deleted") is True:
        return UserContent(change="deletion", key=key)
    text = _text(message, "text")
    payload = _text(_object(message, "quick_reply"), "payload")
    files, places, words, lost = _read(_list(message, "attachments"), text, is_own)
    return UserContent(
        text="\n".join(filter(None, [payload or text, *words])),
        title=text or None if payload else None,
        files=files,
        places=places,
        key=key,
        lost=lost or message.get("is_unsupported") is True,
    )


def _read(
    attachments: list[Any], text: str, is_own: Callable[[str], bool]
) -> tuple[tuple[UserFile, ...], tuple[Place, ...], list[str], bool]:
    """Divide attachments into files, places and words, and tell whether one cannot be read."""
    files: dict[str, UserFile] = {}
    places: list[Place] = []
    words: list[str] = []
    lost = False
    for each in attachments:
        if not isinstance(each, dict):
            lost = True
            continue
        kind, payload = each.get("type"), _object(each, "payload")
        url = _text(payload, "url")
        place = _place(each, payload) if kind == "location" else None
        said = _said(each, payload, text)
        if isinstance(kind, str) and kind in _FILES and _is_web(url):
            # A sticker comes twice for a time, as a sticker and as a picture.
            files[url] = UserFile(reference=url) if is_own(url) else UserFile(url=url)
        elif place is not None:
            places.append(place)
        elif said is None:
            lost = True
        elif said:
            words.append(said)
    return tuple(files.values()), tuple(places), words, lost


def _place(attachment: JsonObject, payload: JsonObject) -> Place | None:
    coordinates = _object(payload, "coordinates")
    latitude, longitude = coordinates.get("lat"), coordinates.get("long")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Place(float(latitude), float(longitude), name=_text(attachment, "title"))


def _said(attachment: JsonObject, payload: JsonObject, text: str) -> str | None:
    """Say a shared link, post or product in words; ``None`` if nothing can be said of it.

    Args:
        attachment: Of a type that is no file.
        payload: Its payload; a fallback may have none.
        text: The user's, in which a shared link may stand already.
    """
    url = _target(_text(payload, "url") or _text(attachment, "url"))
    if url and _bare(url) in text:
        return ""
    lines = [_text(payload, "title") or _text(attachment, "title"), url]
    for product in _list(_object(payload, "product"), "elements"):
        if isinstance(product, dict):
            fields = ("title", "subtitle", "image_url")
            lines.append(" - ".join(filter(None, (_text(product, each) for each in fields))))
    return "\n".join(filter(None, lines)) or None


def _target(url: str) -> str:
    """Return the address to which one of Messenger's redirects leads; empty if it is no web one."""
    if not _is_web(url):
        return ""
    parts = urlsplit(url)
    found = parse_qs(parts.query).get("u", [""])[0] if parts.hostname in _REDIRECT_HOSTS else ""
    return found if _is_web(found) else url


def _bare(url: str) -> str:
    return url.partition("?fbclid=")[0].partition("&fbclid=")[0].rstrip("/")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _first_address(message: JsonObject) -> str | None:
    first = next(iter(_list(message, "attachments")), None)
    if not isinstance(first, dict) or str(first.get("type")) not in _FOR_BOT:
        return None
    return _text(_object(first, "payload"), "url") or None


def _has_content(event: JsonObject) -> bool:
    return bool(event.get("message") or event.get("postback"))


def _list(value: Any, field: str) -> list[Any]:
    found = value.get(field) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _object(value: JsonObject, field: str) -> JsonObject:
    found = value.get(field)
    return found if isinstance(found, dict) else {}


def _text(value: JsonObject, field: str) -> str:
    found = value.get(field)
    return found if isinstance(found, str) else ""
