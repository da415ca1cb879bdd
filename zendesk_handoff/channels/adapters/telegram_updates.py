"""Reading of Telegram's updates: text, files, places, contacts, edits, pressed buttons. No I/O.

Telegram's page "Telegram Bot API" (https://core.telegram.org/bots/api), `Update` and `Message`.
The raw JSON is read, since aiogram 2.15 knows the API of 2021 only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from zendesk_handoff.domain.identity import KnownUser, user_of_platform
from zendesk_handoff.domain.user_content import Place, UserContent, UserFile

#: The largest file that a bot can read (page "Telegram Bot API": `getFile`).
MAX_FILE_BYTES = 20 * 1024 * 1024
#: Fields of a message with one file; its type and name, where Telegram does not tell them. Zendesk
#: takes no file whose name has no extension.
_FILES = {
    "animation": ("video/mp4", "animation.mp4"),
    "audio": ("audio/mpeg", "audio.mp3"),
    "document": ("application/octet-stream", ""),
    "video": ("video/mp4", "video.mp4"),
    "video_note": ("video/mp4", "video.mp4"),
    "voice": ("audio/ogg", "voice.ogg"),
}
#: What a user can send that has no text and no file that a bot could read.
_UNREADABLE = ("checklist", "game", "invoice", "paid_media", "passport_data", "story")

JsonObject = Mapping[str, Any]


def read_update(body: bytes) -> JsonObject:
    """Read the body of a webhook call; empty if it is not an update.

    Args:
        body: JSON, or JSON within a JSON string, as Rasa's channel accepts it.
    """
    try:
        update = json.loads(body)
        if isinstance(update, str):
            update = json.loads(update)
    except ValueError:
        return {}
    return update if isinstance(update, dict) else {}


def message_of(update: JsonObject) -> JsonObject:
    """Return the message that an update is about; empty if there is none of a user's.

    Args:
        update: An update.
    """
    if "callback_query" in update:
        return _object(_object(update, "callback_query"), "message")
    return _object(update, "edited_message") or _object(update, "message")


def chat_of(message: JsonObject) -> str:
    """Return the id of a message's chat; empty if it has none."""
    chat_id = _object(message, "chat").get("id")
    return "" if chat_id is None else str(chat_id)


def topic_of(message: JsonObject) -> int | None:
    """Return the id of the forum topic of a message, if it is in one.

    Elsewhere ``message_thread_id`` names a thread of replies, in which a bot cannot write.
    """
    topic = message.get("message_thread_id")
    is_topic = message.get("is_topic_message") is True and isinstance(topic, int)
    return topic if is_topic else None


def content_of(update: JsonObject) -> UserContent:
    """Read what a user has sent.

    Args:
        update: An update.
    """
    return replace(_content_of(update), user=_user_of(update))


def _user_of(update: JsonObject) -> KnownUser | None:
    """Read the user's name; in a group nobody's, since all its members are one user there."""
    message = message_of(update)
    user = _object(_object(update, "callback_query") or message, "from")
    if "id" not in user or str(user["id"]) != chat_of(message):
        return None
    return user_of_platform(name=f"{_text(user, 'first_name')} {_text(user, 'last_name')}")


def _content_of(update: JsonObject) -> UserContent:
    message = message_of(update)
    update_id = update.get("update_id")
    key = f"telegram:{update_id}" if isinstance(update_id, int) else None
    query = _object(update, "callback_query")
    if query:
        data = _text(query, "data")
        return UserContent(text=data, title=_title_of(message, data), key=key)
    is_edit = "edited_message" in update
    if is_edit and _object(message, "location"):
        return UserContent(key=key)  # a live location that moves, every few seconds
    files = tuple(_files(message))
    readable = tuple(each for each in files if each is not None)
    return UserContent(
        text=_text(message, "text") or _text(message, "caption") or _in_words(message),
        files=readable,
        places=tuple(_places(message)),
        contacts=tuple(_contacts(message)),
        change="edit" if is_edit else None,
        key=key,
        lost=len(readable) < len(files) or any(each in message for each in _UNREADABLE),
    )


def _title_of(message: JsonObject, data: str) -> str | None:
    """Find the title of a pressed button in the keyboard of its message."""
    rows = _object(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if isinstance(button, dict) and button.get("callback_data") == data:
                return _text(button, "text") or None
    return None


def _files(message: JsonObject) -> Iterator[UserFile | None]:
    """Yield the files of a message; ``None`` for one that a bot cannot read."""
    sizes = message.get("photo")
    photos = [each for each in sizes if isinstance(each, dict)] if isinstance(sizes, list) else []
    if photos:
        yield _file(max(photos, key=_area), "image/jpeg", name="photo.jpg")
    sticker = _object(message, "sticker")
    if sticker and sticker.get("is_animated") is not True:
        is_video = sticker.get("is_video") is True
        kind, name = ("video/webm", "sticker.webm") if is_video else ("image/webp", "sticker.webp")
        yield _file(sticker, kind, name=name)
    for field, (kind, name) in _FILES.items():
        file = _object(message, field)
        if file and not (field == "document" and "animation" in message):  # given twice
            yield _file(file, kind, name=name)


def _file(file: JsonObject, kind: str, *, name: str = "") -> UserFile | None:
    size = file.get("file_size")
    reference = _text(file, "file_id")
    if not reference or (isinstance(size, int) and size > MAX_FILE_BYTES):
        return None
    return UserFile(
        reference=reference,
        media_type=_text(file, "mime_type") or kind,
        name=_text(file, "file_name") or name,
    )


def _area(photo: JsonObject) -> int:
    width, height = photo.get("width"), photo.get("height")
    return width * height if isinstance(width, int) and isinstance(height, int) else 0


def _places(message: JsonObject) -> Iterator[Place]:
    venue = _object(message, "venue")
    location = _object(venue, "location") or _object(message, "location")
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        title, address = _text(venue, "title"), _text(venue, "address")
        yield Place(float(latitude), float(longitude), name=title, address=address)


def _contacts(message: JsonObject) -> Iterator[str]:
    contact = _object(message, "contact")
    if contact:
        name = " ".join(filter(None, (_text(contact, "first_name"), _text(contact, "last_name"))))
        yield ": ".join(filter(None, (name, _text(contact, "phone_number"))))


def _in_words(message: JsonObject) -> str:
    """Say in words what is no file: a poll, a die, a sticker that only Telegram's apps show."""
    sticker = _object(message, "sticker")
    if sticker.get("is_animated") is True:
        return _text(sticker, "emoji")
    poll = _object(message, "poll")
    if poll:
        options = poll.get("options")
        found = [_text(each, "text") for each in options or () if isinstance(each, dict)]
        return "\n".join([_text(poll, "question"), *(f"- {each}" for each in found)])
    die = _object(message, "dice")
    return f"{_text(die, 'emoji')} {die.get('value')}" if die else ""


def _object(value: JsonObject, field: str) -> JsonObject:
    found = value.get(field)
    return found if isinstance(found, dict) else {}


def _text(value: JsonObject, field: str) -> str:
    found = value.get(field)
    return found if isinstance(found, str) else ""
