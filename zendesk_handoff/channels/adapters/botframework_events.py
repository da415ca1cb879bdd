"""Reading of the Bot Framework's activities: text, files, places, edits, submitted cards. No I/O.

Microsoft's pages "Bot Framework -- Activity"
(https://github.com/microsoft/botframework-sdk/blob/main/specs/botframework-activity/botframework-activity.md),
"Send and receive files using bot"
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4) and "Messages in bot
conversations"
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import unescape
from typing import Any, Literal, NamedTuple

from zendesk_handoff.channels.adapters.downloads import origin
from zendesk_handoff.domain.links import is_public, web_address
from zendesk_handoff.domain.rich_text import html_to_text
from zendesk_handoff.domain.user_content import Place, UserContent, UserFile

#: A file of a user's of Teams, with an address that opens it for some minutes.
_TEAMS_FILE = "application/vnd.microsoft.teams.file.download.info"
_CARD = "application/vnd.microsoft.card."
#: Attachments that Teams adds to a message: its text once more, and the message it answers.
_REPETITIONS = frozenset({"text/html", "messageReference"})
_CHANGES: Mapping[str, Literal["edit", "deletion"]] = {
    "messageUpdate": "edit",
    "messageDelete": "deletion",
}
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,64}/[\w.+-]{1,64}")
_MENTION = re.compile(r"<at(?:\s[^<>]*)?>([^<>\n]{1,200})</at>")
_OWN_FIELD = "msteams"  # of Teams, in what a card submits

JsonObject = Mapping[str, Any]


class FileReference(NamedTuple):
    """Where a user's file is, as it is kept until it is read.

    Args:
        url: Its address.
        service_url: The service URL of the activity.
        needs_token: Whether it is the service's own, which only the bot's token opens.
    """

    url: str
    service_url: str
    needs_token: bool

    def dump(self) -> str:
        """Write the reference."""
        return json.dumps(self)

    @classmethod
    def load(cls, reference: str) -> FileReference:
        """Read what ``dump`` has written."""
        url, service_url, needs_token = json.loads(reference)
        return cls(str(url), str(service_url), needs_token is True)


def content_of(activity: JsonObject, service_url: str | None) -> UserContent:
    """Read what a user has sent.

    Args:
        activity: A user's, verified.
        service_url: Its service URL; ``None`` if the bot's token must not be sent there.
    """
    change = _CHANGES.get(_text(activity, "type"))
    key = _key(activity)
    if change == "deletion":
        return UserContent(change="deletion", key=key)
    attachments = [
        each
        for each in _objects(activity, "attachments")
        if _text(each, "contentType") not in _REPETITIONS
    ]
    # An edit repeats the files, which the agent has.
    read = [] if change else [_attachment(each, service_url) for each in attachments]
    files = tuple(each for each in read if isinstance(each, UserFile))
    words = [each for each in read if isinstance(each, str)]
    text = "\n".join(filter(None, [_words(activity), *words]))
    places = tuple(_places(activity))
    is_empty = not (text or files or places)
    return UserContent(
        text=text,
        files=files,
        places=places,
        change=change,
        key=key,
        # An animated picture of Teams, for example, is in the repetition alone.
        lost=None in read or (is_empty and bool(_objects(activity, "attachments"))),
    )


def _key(activity: JsonObject) -> str | None:
    """Make the key of an activity. Its id is one of the conversation, and of Teams a time."""
    activity_id = _text(activity, "id")
    if not activity_id:
        return None
    parts = [_text(activity, "type"), _text(_object(activity, "conversation"), "id"), activity_id]
    if parts[0] in _CHANGES:  # there may be several, which have the message's id
        parts.append(_text(activity, "timestamp") or _text(activity, "text"))
    digest = sha256(json.dumps(parts).encode()).hexdigest()[:40]
    return f"botframework:{digest}"


def _words(activity: JsonObject) -> str:
    """Return a text as people read it, without the mention of the bot; or what a card submits."""
    text = _text(activity, "text")
    bot = _text(_object(activity, "recipient"), "id")
    for each in _objects(activity, "entities"):
        mention = _text(each, "text")
        is_bots = _text(_object(each, "mentioned"), "id") == bot
        if _text(each, "type") == "mention" and mention and is_bots:
            text = " ".join(part.strip() for part in text.split(mention)).strip()
    if _text(activity, "textFormat") == "xml":
        text = html_to_text(text)
    text = _MENTION.sub(lambda found: f"@{unescape(found[1])}", text).strip()
    return text or _submitted(activity.get("value"))


def _submitted(value: Any) -> str:
    """Write what a user has entered into a card, one field a line."""
    if isinstance(value, str):
        return value.strip()
    fields = value.items() if isinstance(value, dict) else ()
    return "\n".join(
        f"{name}: {entered}"
        for name, entered in fields
        if name != _OWN_FIELD and isinstance(entered, str | int | float) and str(entered).strip()
    )


def _attachment(attachment: JsonObject, service_url: str | None) -> UserFile | str | None:
    """Read an attachment: a file, the words of a card, or ``None`` if it cannot be read."""
    kind, url = _text(attachment, "contentType"), _text(attachment, "contentUrl")
    content = _object(attachment, "content")
    name = _text(attachment, "name")
    if kind.startswith(_CARD):
        parts = (_text(content, each) for each in ("title", "subtitle", "text"))
        return html_to_text("<br>".join(filter(None, parts))) or None
    media_type = kind if _MEDIA_TYPE.fullmatch(kind) else ""  # Teams writes image/*
    if kind == _TEAMS_FILE:
        url = _text(content, "downloadUrl")
        if service_url is None or origin(url) is None:
            return None
        reference = FileReference(url, service_url, needs_token=False)
        return UserFile(reference=reference.dump(), name=name)
    if service_url is not None and origin(url) is not None and origin(url) == origin(service_url):
        reference = FileReference(url, service_url, needs_token=True)
        return UserFile(reference=reference.dump(), media_type=media_type, name=name)
    address = web_address(url)
    if address is None or not is_public(address):
        return None
    return UserFile(url=address, media_type=media_type, name=name)


def _places(activity: JsonObject) -> Iterator[Place]:
    for each in _objects(activity, "entities"):
        kind = _text(each, "type")
        if kind not in {"Place", "GeoCoordinates"}:
            continue
        geo = each if kind == "GeoCoordinates" else _object(each, "geo")
        latitude, longitude = _degrees(geo, "latitude", 90), _degrees(geo, "longitude", 180)
        if latitude is not None and longitude is not None:
            name = _text(each, "name") or _text(geo, "name")
            yield Place(latitude, longitude, name=name, address=_text(each, "address"))


def _degrees(geo: JsonObject, field: str, most: float) -> float | None:
    found = geo.get(field)
    if isinstance(found, int | float) and abs(found) <= most:  # which NaN is not
        return float(found)
    return None


def _object(value: JsonObject, field: str) -> JsonObject:
    found = value.get(field)
    return found if isinstance(found, dict) else {}


def _objects(value: JsonObject, field: str) -> list[JsonObject]:
    found = value.get(field)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(value: JsonObject, field: str) -> str:
    found = value.get(field)
    return found if isinstance(found, str) else ""
