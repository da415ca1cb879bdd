"""Webhook calls: verification of the key and parsing of the events. No I/O.

The shapes are those of the Conversations API's webhook event schemas. Anything undocumented
degrades: an event of a type that is not acted on is skipped, and one that is acted on and cannot be
read is ``Unreadable``.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from zendesk_handoff.errors import InvalidApiKey, InvalidPayload
from zendesk_handoff.zendesk.events import (
    ActionFailed,
    AgentRead,
    AgentTyping,
    ButtonPressed,
    ControlAccepted,
    ControlMoved,
    ControlOffered,
    ControlRefused,
    ConversationRemoved,
    ConversationStarted,
    Event,
    MessagePosted,
    Unreadable,
    UserRemoved,
    UsersMerged,
)
from zendesk_handoff.zendesk.models import SESSION_KEY, Conversation, Message, User, storable_id
from zendesk_handoff.zendesk.tolerant_json import decode_as, repair

#: Larger calls are answered with 413. Zendesk documents no limit.
MAX_BODY_BYTES = 10 * 1024 * 1024
#: An error code of Zendesk's, which may be logged.
_CODE = re.compile(r"[a-z_]{1,64}")


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw]


class _Event(msgspec.Struct, rename="camel"):
    id: str | int
    type: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    created_at: Any = ""


class _Header(NamedTuple):
    id: str
    type: str
    payload: msgspec.Raw
    created_at: str


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


class _PostbackPayload(msgspec.Struct):
    conversation: Conversation
    postback: dict[str, Any]
    user: User | None = None
    source: dict[str, Any] | None = None


class _StartPayload(msgspec.Struct, rename="camel"):
    conversation: Conversation
    creation_reason: str = "referral"
    referral: dict[str, Any] | None = None
    user: User | None = None
    source: dict[str, Any] | None = None


class _Pair(msgspec.Struct):
    surviving: Conversation
    discarded: Conversation


class _Users(msgspec.Struct):
    surviving: User
    discarded: User


class _MergePayload(msgspec.Struct, rename="camel"):
    merged_conversations: _Pair | None = None
    merged_users: _Users | None = None


class _ControlPayload(msgspec.Struct):
    conversation: Conversation
    reason: str | None = None
    metadata: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_event = msgspec.json.Decoder(_Event)
#: Why something cannot be read.
_UNREADABLE = (ValueError, RecursionError)


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
        events = _events_of(body)
    except _UNREADABLE:
        raise InvalidPayload("The body is not an envelope with a list of events.") from None
    parsed = (_parse_event(raw) for raw in events)
    return [event for event in parsed if event is not None]


def _events_of(body: bytes) -> list[msgspec.Raw]:
    try:
        return _envelope.decode(body).events
    except _UNREADABLE:
        return _envelope.decode(repair(body)).events


def _parse_event(raw: msgspec.Raw) -> Event | None:
    try:
        event = _event.decode(raw)
    except _UNREADABLE:
        return None  # without id and type it cannot even be a dead letter
    created_at = event.created_at if isinstance(event.created_at, str) else ""
    header = _Header(
        storable_id(str(event.id)),
        event.type,
        event.payload,
        created_at[:64].replace("\x00", ""),
    )
    try:
        return _read_payload(header)
    except _UNREADABLE as error:
        try:
            conversation = decode_as(_ConversationPayload, header.payload).conversation
        except _UNREADABLE:
            return None
        if header.type not in _READERS:
            return None
        return Unreadable(
            header.id, header.created_at, conversation, type=header.type, error=str(error)[:200]
        )


def _read_payload(header: _Header) -> Event | None:
    if header.type in (TYPING, READ):
        return _agent_activity(header)
    read = _READERS.get(header.type) or _NATIVE_READERS.get(header.type)
    return read(header) if read else None


def _message_posted(header: _Header) -> MessagePosted:
    posted = decode_as(_MessagePayload, header.payload)
    return MessagePosted(header.id, header.created_at, posted.conversation, message=posted.message)


def _control_moved(header: _Header) -> ControlMoved:
    moved = decode_as(_ControlPayload, header.payload)
    released = header.type == "switchboard:releaseControl"
    return ControlMoved(
        header.id,
        header.created_at,
        moved.conversation,
        to=None if released else moved.conversation.active_switchboard_integration,
        reason=moved.reason,
        by_session=_by_session(moved),
    )


def _control_accepted(header: _Header) -> ControlAccepted:
    conversation = decode_as(_ControlPayload, header.payload).conversation
    return ControlAccepted(
        header.id,
        header.created_at,
        conversation,
        to=conversation.active_switchboard_integration,
    )


def _control_offered(header: _Header) -> ControlOffered:
    offered = decode_as(_ControlPayload, header.payload)
    return ControlOffered(
        header.id,
        header.created_at,
        offered.conversation,
        to=offered.conversation.pending_switchboard_integration,
        by_session=_by_session(offered),
    )


def _action_failed(header: _Header) -> ActionFailed:
    failed = decode_as(_ControlPayload, header.payload)
    return ActionFailed(
        header.id,
        header.created_at,
        failed.conversation,
        action=header.type,
        code=_code_of(failed),
    )


def _button_pressed(header: _Header) -> ButtonPressed:
    pressed = decode_as(_PostbackPayload, header.payload)
    payload = pressed.postback.get("payload")
    return ButtonPressed(
        header.id,
        header.created_at,
        pressed.conversation,
        payload=payload if isinstance(payload, str) else "",
        user=pressed.user,
        source=pressed.source or {},
    )


def _conversation_started(header: _Header) -> ConversationStarted:
    started = decode_as(_StartPayload, header.payload)
    code = (started.referral or {}).get("code")
    return ConversationStarted(
        header.id,
        header.created_at,
        started.conversation,
        reason=started.creation_reason,
        referral=code if isinstance(code, str) else "",
        user=started.user,
        source=started.source or {},
    )


def _users_merged(header: _Header) -> UsersMerged:
    merged = decode_as(_MergePayload, header.payload)
    pair, users = merged.merged_conversations, merged.merged_users
    return UsersMerged(
        header.id,
        header.created_at,
        Conversation(id=""),
        surviving=storable_id(pair.surviving.id) if pair else "",
        discarded=storable_id(pair.discarded.id) if pair else "",
        surviving_user=storable_id(users.surviving.id) if users else "",
        discarded_user=storable_id(users.discarded.id) if users else "",
    )


def _by_session(control: _ControlPayload) -> str | None:
    """Return our session that has moved or offered control itself."""
    value = (control.metadata or {}).get(SESSION_KEY)
    return value if isinstance(value, str) else None


def _code_of(refused: _ControlPayload) -> str:
    code = str((refused.error or {}).get("code") or "")
    return code if _CODE.fullmatch(code) else "unknown"


def _control_refused(header: _Header) -> ControlRefused:
    refused = decode_as(_ControlPayload, header.payload)
    return ControlRefused(
        header.id, header.created_at, refused.conversation, code=_code_of(refused)
    )


def _conversation_removed(header: _Header) -> ConversationRemoved:
    removed = decode_as(_ConversationPayload, header.payload)
    return ConversationRemoved(header.id, header.created_at, removed.conversation)


def _user_removed(header: _Header) -> UserRemoved:
    user = decode_as(_UserPayload, header.payload).user
    return UserRemoved(
        header.id, header.created_at, Conversation(id=""), user_id=storable_id(user.id)
    )


def _agent_activity(header: _Header) -> Event | None:
    """Read typing or reading; nothing is lost with an event that cannot be read."""
    try:
        found = decode_as(_ActivityPayload, header.payload)
    except _UNREADABLE:
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

#: The same for connectors with `mode: native` alone.
_NATIVE_READERS: dict[str, Callable[[_Header], Event]] = {
    "conversation:postback": _button_pressed,
    "conversation:create": _conversation_started,
    "conversation:referral": _conversation_started,
    "user:merge": _users_merged,
    "switchboard:acceptControl": _control_accepted,
    "switchboard:offerControl": _control_offered,
    "switchboard:acceptControl:failure": _action_failed,
    "switchboard:offerControl:failure": _action_failed,
}

TYPING = "conversation:typing"
READ = "conversation:read"
#: Events without which nothing is lost, but it is not shown that an agent is typing, or has read.
SIGNS = (TYPING, READ)
#: The events that a webhook is to be subscribed to (Conversations API: Webhook Triggers).
TRIGGERS = (*_READERS, *SIGNS)
#: Those of a connector with `mode: native`.
NATIVE_TRIGGERS = (*TRIGGERS, *_NATIVE_READERS)


def triggers_of(*, is_native: bool) -> tuple[str, ...]:
    """List the events that a connector's webhook is to be subscribed to.

    Args:
        is_native: Whether Zendesk is the users' channel.
    """
    return NATIVE_TRIGGERS if is_native else TRIGGERS
