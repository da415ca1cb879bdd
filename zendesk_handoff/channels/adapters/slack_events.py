"""Reading of Slack's requests: text, files, edits, deletions, pressed buttons. No I/O.

Slack's pages "message event" (https://docs.slack.dev/reference/events/message) with its subtypes,
"block_actions payload" and "Formatting message text".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs

from zendesk_handoff.domain.identity import user_of_platform
from zendesk_handoff.domain.user_content import UserContent, UserFile

JsonObject = Mapping[str, Any]

#: Subtypes of messages that a user has written; all others tell of joins, topics, pins and so on.
_USERS_WORDS = frozenset({"", "file_share", "me_message", "thread_broadcast"})
_REFERENCE = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
#: The beginning of a reference by a file's id, where the event does not have its address.
FILE_ID = "id:"


@dataclass(frozen=True)
class SlackMessage:
    """A message, or a change of one, as Slack reports it.

    Args:
        user: Slack's id of its author.
        channel: Where it was written.
        thread: The thread that it is in, or begins.
        ts: Its own id within the channel.
        body: The object with its text and files.
        change: ``edit`` or ``deletion`` of an earlier message.
        changed_at: The time of the change, as Slack writes it.
        channel_type: ``im`` for a direct message.
        bots: Slack's ids of the app's own users.
    """

    user: str
    channel: str
    thread: str
    ts: str
    body: JsonObject
    change: Literal["edit", "deletion"] | None = None
    changed_at: str = ""
    channel_type: str = ""
    bots: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Slack's id of what has happened; a mention is reported twice, as one message."""
        return ":".join(filter(None, ("slack", self.channel, self.ts, self.changed_at)))

    @property
    def mentions_bot(self) -> bool:
        """Whether the app is mentioned in its text."""
        return any(f"<@{bot}" in _text(self.body, "text") for bot in self.bots)


def read_payload(content_type: str | None, body: bytes) -> JsonObject:
    """Read the body of a request: an event, or the payload of an interaction; else empty.

    Args:
        content_type: The header; it may have parameters.
        body: The body.
    """
    kind = media_type(content_type)
    try:
        if kind == "application/x-www-form-urlencoded":
            found = json.loads(parse_qs(body.decode())["payload"][0])
        else:
            found = json.loads(body)
    except (ValueError, KeyError):
        return {}
    return found if isinstance(found, dict) else {}


def media_type(content_type: str | None) -> str:
    """Return a content type without its parameters."""
    return (content_type or "").partition(";")[0].strip().lower()


def message_of(payload: JsonObject) -> SlackMessage | None:
    """Read an event about a message; ``None`` for everything else.

    Args:
        payload: The body of a request of Slack's Events API.
    """
    event = _object(payload, "event")
    if _text(event, "type") not in {"message", "app_mention"}:
        return None
    change: Literal["edit", "deletion"] | None = None
    changed_at, body = "", event
    former = _object(event, "previous_message")
    if _text(event, "subtype") == "message_changed":
        body = _object(event, "message")
        if _text(body, "subtype") == "tombstone":  # the deleted beginning of a thread
            change, changed_at = "deletion", "deleted"
            body = former
        elif _is_same(body, former):
            return None  # Slack has added a preview of a link
        else:
            change = "edit"
            changed_at = _text(_object(body, "edited"), "ts") or _text(event, "event_ts")
    elif _text(event, "subtype") == "message_deleted":
        change, changed_at, body = "deletion", "deleted", former
    if body.get("bot_id"):
        return None
    ts = _text(body, "ts") or _text(event, "deleted_ts")
    return SlackMessage(
        user=_text(body, "user"),
        channel=_text(event, "channel"),
        thread=_text(body, "thread_ts") or ts,
        ts=ts,
        body=body,
        change=change,
        changed_at=changed_at,
        channel_type=_text(event, "channel_type"),
        bots=tuple(_bots(payload)),
    )


def content_of(message: SlackMessage) -> UserContent:
    """Read what a user has sent.

    Args:
        message: A user's.
    """
    if message.change == "deletion":
        return UserContent(change="deletion", key=message.key)
    body = message.body
    if message.change is None and _text(body, "subtype") not in _USERS_WORDS:
        return UserContent(key=message.key)
    # An edit repeats the files, which the agent has; Slack does not let users add some.
    files = () if message.change else tuple(_files(body))
    readable = tuple(each for each in files if isinstance(each, UserFile))
    links = [each for each in files if isinstance(each, str)]
    text = readable_text(_text(body, "text"), without=message.bots)
    profile = _object(body, "user_profile")  # which not every event has
    return UserContent(
        text="\n".join(filter(None, [text, *links])),
        files=readable,
        change=message.change,
        key=message.key,
        lost=None in files,
        user=user_of_platform(name=_text(profile, "real_name") or _text(profile, "display_name")),
    )


def interaction_content(payload: JsonObject) -> UserContent | None:
    """Read a pressed button or a selected option; ``None`` if it is neither.

    Args:
        payload: Of an interaction.
    """
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(action, dict):
        return None
    option = _object(action, "selected_option") or _first(action.get("selected_options"))
    value = next(
        filter(
            None,
            [
                _text(action, "value"),
                _text(option, "value"),
                *(_text(action, f"selected_{each}") for each in _SELECTED),
            ],
        ),
        "",
    )
    title = _text(_object(option, "text"), "text") or _text(_object(action, "text"), "text")
    title = title or _legacy_title(payload, value)
    at = _text(action, "action_ts") or _text(payload, "action_ts") or _text(payload, "trigger_id")
    key = f"slack:{place_of_interaction(payload)[1]}:{at}" if at else None
    return UserContent(text=value, title=unescape(title) or None, key=key)


_SELECTED = ("date", "user", "channel", "conversation", "time")


def place_of_interaction(payload: JsonObject) -> tuple[str, str, str]:
    """Return the user, the channel and the thread of an interaction."""
    message = _object(payload, "message") or _object(payload, "original_message")
    thread = _text(message, "thread_ts") or _text(message, "ts")
    return (
        _text(_object(payload, "user"), "id"),
        _text(_object(payload, "channel"), "id"),
        thread,
    )


def readable_text(text: str, *, without: Iterable[str] = ()) -> str:
    """Write a text of Slack's as people read it; addresses are kept.

    Args:
        text: In Slack's notation.
        without: Ids of users whose mentions are left out: the bot's own.
    """
    for user in without:
        text = re.sub(rf"\s*<@{re.escape(user)}(?:\|[^<>]*)?>\s*", " ", text)
    return unescape(_REFERENCE.sub(_readable, text)).strip()


def escape(text: str) -> str:
    """Write a text for Slack: nothing in it is a link, a mention or a command."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo ``escape``; Slack uses no other entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _readable(found: re.Match[str]) -> str:
    target, label = found.group(1), found.group(2) or ""
    if target.startswith(("@", "#", "!")):
        if label:
            return label if label.startswith(target[0]) else f"{target[0]}{label}".lstrip("!")
        return f"@{target[1:].partition('^')[0]}" if target.startswith("!") else target
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label == address or address.rstrip("/").endswith(f"//{label.rstrip('/')}"):
        return address
    return f"{label} ({address})"


def _files(body: JsonObject) -> Iterator[UserFile | str | None]:
    """Yield files: as such, as a link to where they are, or ``None`` if they cannot be read."""
    files = body.get("files")
    for each in files if isinstance(files, list) else ():
        if not isinstance(each, dict) or _text(each, "mode") in {"tombstone", "hidden_by_limit"}:
            yield None
            continue
        name = _text(each, "name") or _text(each, "title")
        url = _text(each, "url_private_download") or _text(each, "url_private")
        if each.get("is_external") is True and url:
            yield f"{name}: {url}" if name else url
        elif url or _text(each, "id"):
            reference = url or f"{FILE_ID}{_text(each, 'id')}"
            yield UserFile(reference=reference, media_type=_text(each, "mimetype"), name=name)
        else:
            yield None


def _is_same(body: JsonObject, former: JsonObject) -> bool:
    return bool(former) and all(
        body.get(field) == former.get(field) for field in ("text", "files", "edited")
    )


def _bots(payload: JsonObject) -> Iterator[str]:
    users = payload.get("authed_users")
    for user in users if isinstance(users, list) else ():
        if isinstance(user, str):
            yield user
    given = payload.get("authorizations")
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict) and _text(each, "user_id"):
            yield _text(each, "user_id")


def _legacy_title(payload: JsonObject, value: str) -> str:
    """Find the title of a button of an attachment, which the payload does not repeat."""
    attachments = _object(payload, "original_message").get("attachments")
    for attachment in attachments if isinstance(attachments, list) else ():
        actions = attachment.get("actions") if isinstance(attachment, dict) else None
        for action in actions if isinstance(actions, list) else ():
            if not isinstance(action, dict):
                continue
            options = action.get("options")
            for each in [action, *(options if isinstance(options, list) else ())]:
                if isinstance(each, dict) and value and _text(each, "value") == value:
                    return _text(each, "text")
    return ""


def _first(values: Any) -> JsonObject:
    found = values[0] if isinstance(values, list) and values else None
    return found if isinstance(found, dict) else {}


def _object(value: JsonObject, field: str) -> JsonObject:
    found = value.get(field)
    return found if isinstance(found, dict) else {}


def _text(value: JsonObject, field: str) -> str:
    found = value.get(field)
    return found if isinstance(found, str) else ""
