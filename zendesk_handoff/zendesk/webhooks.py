"""Webhook calls: verification of the key and parsing of the events. No I/O.

The shapes are those of the Conversations API's webhook event schemas. Anything undocumented
degrades: an event of a type that is not acted on is skipped, and one that is acted on and cannot be
read is ``Unreadable``.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from zendesk_handoff.errors import InvalidApiKey, InvalidPayload
from zendesk_handoff.zendesk.models import (
    SESSION_KEY,
    Conversation,
    Message,
    SwitchboardIntegration,
    User,
    storable_id,
)

#: Larger calls are answered with 413. Zendesk documents no limit.
MAX_BODY_BYTES = 10 * 1024 * 1024
#: An error code of Zendesk's, which may be logged.
_CODE = re.compile(r"[a-z_]{1,64}")


@dataclass(frozen=True)
class Event:
    """An event in a conversation.

    Args:
        id: Zendesk's id of the event, the same on every redelivery (schema `eventSubSchema`).
        created_at: By Zendesk's clock, ISO 8601.
        conversation: The conversation.
    """

    id: str
    created_at: str
    conversation: Conversation


@dataclass(frozen=True)
class MessagePosted(Event):
    """``conversation:message``: a message was posted, possibly by this package."""

    message: Message


@dataclass(frozen=True)
class ControlMoved(Event):
    """``switchboard:passControl`` or ``switchboard:releaseControl``.

    Args:
        to: The integration in control now, ``None`` after a release.
        reason: ``ticketClosed`` or ``transferToEmail``, if Zendesk gives one.
        by_session: Our session that passed control itself, from the call's metadata.
    """

    to: SwitchboardIntegration | None
    reason: str | None
    by_session: str | None


@dataclass(frozen=True)
class ControlRefused(Event):
    """``switchboard:passControl:failure``: control was not passed, though the call may say 200.

    Args:
        code: Zendesk's, such as ``switchboard_invalid_target``.
    """

    code: str


@dataclass(frozen=True)
class ConversationRemoved(Event):
    """``conversation:remove``: the conversation was removed."""


@dataclass(frozen=True)
class UserRemoved(Event):
    """``user:remove``: a user was removed, with all conversations; it names none of these.

    Args:
        user_id: Zendesk's id of the user.
    """

    user_id: str


@dataclass(frozen=True)
class AgentTyping(Event):
    """``conversation:typing`` of a business author: whether an agent sends it is not documented.

    Args:
        is_on: Whether typing has begun; else it has ended.
    """

    is_on: bool


@dataclass(frozen=True)
class AgentRead(Event):
    """``conversation:read`` of a business author: whether an agent sends it is not documented."""


@dataclass(frozen=True)
class Unreadable(Event):
    """An event of a type that is acted on, in a shape that cannot be read.

    Args:
        type: The event's type.
        error: The decoder's error; it contains no value of the event.
    """

    type: str
    error: str


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw]


class _Header(msgspec.Struct, rename="camel"):
    id: str
    type: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    created_at: str = ""


class _ConversationPayload(msgspec.Struct):
    conversation: Conversation


class _MessagePayload(msgspec.Struct):
    conversation: Conversation
    message: Message


class _UserPayload(msgspec.Struct):
    user: User


class _ActivityPayload(msgspec.Struct):
    conversation: Conversation
    activity: dict[str, Any] | None = None


class _ControlPayload(msgspec.Struct):
    conversation: Conversation
    reason: str | None = None
    metadata: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_header = msgspec.json.Decoder(_Header)
_conversation = msgspec.json.Decoder(_ConversationPayload)
_message = msgspec.json.Decoder(_MessagePayload)
_user = msgspec.json.Decoder(_UserPayload)
_activity = msgspec.json.Decoder(_ActivityPayload)
_control = msgspec.json.Decoder(_ControlPayload)


def verify_key(given: str | None, secrets: Iterable[str]) -> None:
    """Check the ``X-API-Key`` of a call against a connector's webhook secrets.

    Zendesk sends the secret itself, without a signature or a timestamp (Conversations API:
    Webhooks). It is compared in constant time, as raw bytes, with every valid secret, so that
    secrets can be rotated.

    Args:
        given: The header's value.
        secrets: All secrets that are valid now.

    Raises:
        InvalidApiKey: It is none of them.
    """
    offered = (given or "").encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(offered, secret.encode()) for secret in secrets]
    if not any(matches):
        raise InvalidApiKey("The X-API-Key header is not this connector's webhook secret.")


def parse_events(body: bytes) -> list[Event]:
    """Parse the events of a call that this package acts on.

    A call may contain several events, of several conversations (Conversations API: Webhooks). An
    unreadable one does not affect the others.

    Args:
        body: The call's raw body.

    Raises:
        InvalidPayload: The body is not JSON, or has no list of events.
    """
    try:
        events = _envelope.decode(body).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidPayload("The body is not an envelope with a list of events.") from None
    parsed = (_parse_event(raw) for raw in events)
    return [event for event in parsed if event is not None]


def _parse_event(raw: msgspec.Raw) -> Event | None:
    try:
        header = _header.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # without id and type it cannot even be a dead letter
    header.id = storable_id(header.id)
    header.created_at = header.created_at[:64].replace("\x00", "")
    try:
        return _read_payload(header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            conversation = _conversation.decode(header.payload).conversation
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return Unreadable(
            header.id, header.created_at, conversation, type=header.type, error=str(error)[:200]
        )


def _read_payload(header: _Header) -> Event | None:
    if header.type in (TYPING, READ):
        return _agent_activity(header)
    read = _READERS.get(header.type)
    return read(header) if read else None


def _message_posted(header: _Header) -> MessagePosted:
    posted = _message.decode(header.payload)
    return MessagePosted(header.id, header.created_at, posted.conversation, message=posted.message)


def _control_moved(header: _Header) -> ControlMoved:
    moved = _control.decode(header.payload)
    released = header.type == "switchboard:releaseControl"
    by_session = (moved.metadata or {}).get(SESSION_KEY)
    return ControlMoved(
        header.id,
        header.created_at,
        moved.conversation,
        to=None if released else moved.conversation.active_switchboard_integration,
        reason=moved.reason,
        by_session=by_session if isinstance(by_session, str) else None,
    )


def _control_refused(header: _Header) -> ControlRefused:
    refused = _control.decode(header.payload)
    code = str((refused.error or {}).get("code") or "")
    return ControlRefused(
        header.id,
        header.created_at,
        refused.conversation,
        code=code if _CODE.fullmatch(code) else "unknown",
    )


def _conversation_removed(header: _Header) -> ConversationRemoved:
    removed = _conversation.decode(header.payload)
    return ConversationRemoved(header.id, header.created_at, removed.conversation)


def _user_removed(header: _Header) -> UserRemoved:
    user = _user.decode(header.payload).user
    return UserRemoved(
        header.id, header.created_at, Conversation(id=""), user_id=storable_id(user.id)
    )


def _agent_activity(header: _Header) -> Event | None:
    """Read typing or reading; nothing is lost with an event that cannot be read."""
    try:
        found = _activity.decode(header.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    activity = found.activity or {}
    author = activity.get("author")
    if not isinstance(author, dict) or author.get("type") != "business":
        return None
    if header.type == READ:
        return AgentRead(header.id, header.created_at, found.conversation)
    is_on = activity.get("type") == "typing:start"
    return AgentTyping(header.id, header.created_at, found.conversation, is_on=is_on)


_READERS: dict[str, Callable[[_Header], Event]] = {
    "conversation:message": _message_posted,
    "conversation:remove": _conversation_removed,
    "user:remove": _user_removed,
    "switchboard:passControl": _control_moved,
    "switchboard:passControl:failure": _control_refused,
    "switchboard:releaseControl": _control_moved,
}

#: Events that a webhook may be subscribed to: without them it is not shown that an agent is typing,
#: or has read.
TYPING = "conversation:typing"
READ = "conversation:read"
#: The events that a webhook must be subscribed to (Conversations API: Webhook Triggers).
TRIGGERS = tuple(_READERS)
