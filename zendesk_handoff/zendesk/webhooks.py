"""Zendesk's calls to our webhook: is it Zendesk, and what does it say. No I/O.

Shapes are those of SPEC (webhook events); what is not documented there degrades: an event of a
type we do not act on is ``None``, one of ours that cannot be read is ``Unreadable``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from zendesk_handoff.errors import InvalidApiKey, InvalidPayload
from zendesk_handoff.zendesk.models import (
    SESSION_KEY,
    Conversation,
    Message,
    SwitchboardIntegration,
)

#: Larger calls are answered with 413. Zendesk documents no limit of its own.
MAX_BODY_BYTES = 10 * 1024 * 1024
_MAX_ID = 64


@dataclass(frozen=True)
class Event:
    """Something that happened in a conversation.

    Args:
        id: Zendesk's id of the event, the same on every redelivery (SPEC eventSubSchema).
        created_at: Zendesk's clock, ISO 8601.
        conversation: Where it happened.
    """

    id: str
    created_at: str
    conversation: Conversation


@dataclass(frozen=True)
class MessagePosted(Event):
    """``conversation:message``: somebody wrote, we ourselves included."""

    message: Message


@dataclass(frozen=True)
class ControlMoved(Event):
    """``switchboard:passControl`` or ``switchboard:releaseControl``.

    Args:
        to: Who has control now, ``None`` after a release.
        reason: ``ticketClosed`` or ``transferToEmail``, where Zendesk gives one.
        by_session: The session of ours that passed control itself, from the call's metadata.
    """

    to: SwitchboardIntegration | None
    reason: str | None
    by_session: str | None


@dataclass(frozen=True)
class ConversationRemoved(Event):
    """``conversation:remove``: the conversation is gone."""


@dataclass(frozen=True)
class Unreadable(Event):
    """An event we act on, in a conversation, in a shape we cannot read.

    Args:
        type: The event's type.
        error: What the decoder missed; never a value of the event.
    """

    type: str
    error: str


class _Envelope(msgspec.Struct):
    events: list[msgspec.Raw]


class _Head(msgspec.Struct, rename="camel"):
    id: str
    type: str
    payload: msgspec.Raw = msgspec.Raw(b"{}")
    created_at: str = ""


class _Where(msgspec.Struct):
    conversation: Conversation


class _MessagePayload(msgspec.Struct):
    conversation: Conversation
    message: Message


class _ControlPayload(msgspec.Struct):
    conversation: Conversation
    reason: str | None = None
    metadata: dict[str, Any] | None = None


_envelope = msgspec.json.Decoder(_Envelope)
_head = msgspec.json.Decoder(_Head)
_where = msgspec.json.Decoder(_Where)
_message = msgspec.json.Decoder(_MessagePayload)
_control = msgspec.json.Decoder(_ControlPayload)


def verify_key(given: str | None, secrets: Iterable[str]) -> None:
    """Check the ``X-API-Key`` of a call against a connector's webhook secrets.

    Zendesk sends the secret itself, without signature or time (SPEC, Webhooks): it is compared in
    constant time, on raw bytes, with every secret there is, so that one may be rotated.

    Args:
        given: The header's value.
        secrets: All that are valid now.

    Raises:
        InvalidApiKey: It is none of them.
    """
    offered = (given or "").encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(offered, secret.encode()) for secret in secrets]
    if not any(matches):
        raise InvalidApiKey("The X-API-Key header is not this connector's webhook secret.")


def parse_events(body: bytes) -> list[Event]:
    """Read the events of a call that this package acts on.

    A call may mix conversations and hold several events (SPEC, Webhooks). One that cannot be read
    does not spoil the others.

    Args:
        body: The call's raw body.

    Raises:
        InvalidPayload: It is not JSON, or has no list of events.
    """
    try:
        events = _envelope.decode(body).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidPayload("The body is not an envelope with a list of events.") from None
    parsed = (_parse_event(raw) for raw in events)
    return [event for event in parsed if event is not None]


def storable_id(given: str) -> str:
    """Give an id that fits the store; a longer or odder one than Zendesk's becomes its digest.

    Args:
        given: 24 hexadecimal characters as a rule (SPEC); they are treated as opaque.
    """
    if len(given) <= _MAX_ID and given.isprintable():
        return given
    return hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()


def _parse_event(raw: msgspec.Raw) -> Event | None:
    try:
        head = _head.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None  # without id and type there is nothing to act on, or to set aside
    head.id = storable_id(head.id)
    head.created_at = head.created_at[:64].replace("\x00", "")
    try:
        return _read_payload(head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        try:
            conversation = _where.decode(head.payload).conversation
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return Unreadable(
            head.id, head.created_at, conversation, type=head.type, error=str(fault)[:200]
        )


def _read_payload(head: _Head) -> Event | None:
    if head.type == "conversation:message":
        posted = _message.decode(head.payload)
        return MessagePosted(head.id, head.created_at, posted.conversation, message=posted.message)
    if head.type in {"switchboard:passControl", "switchboard:releaseControl"}:
        moved = _control.decode(head.payload)
        released = head.type == "switchboard:releaseControl"
        by_session = (moved.metadata or {}).get(SESSION_KEY)
        return ControlMoved(
            head.id,
            head.created_at,
            moved.conversation,
            to=None if released else moved.conversation.active_switchboard_integration,
            reason=moved.reason,
            by_session=by_session if isinstance(by_session, str) else None,
        )
    if head.type == "conversation:remove":
        gone = _where.decode(head.payload)
        return ConversationRemoved(head.id, head.created_at, gone.conversation)
    return None
