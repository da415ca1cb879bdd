"""Classification of Zendesk's events: our own are ignored, others become inbox entries. No I/O."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from zendesk_handoff.domain.inbox import InboxEntry
from zendesk_handoff.domain.messages import write_agent_message
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.logs import location
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk import Message
from zendesk_handoff.zendesk.events import (
    ControlAccepted,
    ControlMoved,
    ControlOffered,
    ControlRefused,
    ConversationRemoved,
    Event,
    MessagePosted,
    Unreadable,
    UserRemoved,
)
from zendesk_handoff.zendesk.models import PROBE_PREFIX, SwitchboardIntegration, storable_id

#: In the body of an end: whether control is only offered to us, and is to be accepted.
IS_OFFERED = "is_offered"
#: The notice of a user who has ended the conversation (schema `message`, field `activity`).
_ENDED_BY_USER = "conversation:endedByUser"
_REASONS = {
    "ticketClosed": EndReason.TICKET_CLOSED,
    "transferToEmail": EndReason.MOVED_TO_EMAIL,
}


class Removed(NamedTuple):
    """Zendesk's ids of what is removed there.

    Args:
        conversation_ids: Of conversations.
        user_ids: Of users, with all their conversations.
    """

    conversation_ids: frozenset[str]
    user_ids: frozenset[str]


def ignore_own_events(events: Iterable[Event]) -> list[Event]:
    """Leave out the events that only echo what users wrote or what we posted ourselves.

    Args:
        events: The events of one call of a connector's webhook.
    """
    return [
        event
        for event in events
        if not isinstance(event, MessagePosted) or is_for_user(event.message)
    ]


def is_for_user(message: Message) -> bool:
    """Check whether a message is from the agents' side, and not one of our own.

    Our own messages come back as events: those of users, and those with our marker. A business
    message without an agent's id is an automation's; the user is to see it, too.

    Args:
        message: A message of an event or a listing.
    """
    return message.marker is None and message.author.type == "business"


def classify_events(events: Iterable[Event], connector: Connector) -> list[InboxEntry]:
    """Convert events to inbox entries; those that mean nothing to any session are left out.

    Args:
        events: Parsed events, without our own.
        connector: The connector of their webhook.
    """
    entries = []
    for event in events:
        entry = classify_event(event, connector)
        if entry is not None:
            entries.append(entry)
        if isinstance(event, MessagePosted) and event.message.is_deleted:
            entries.append(classify_deletion(event, connector))
    return entries


def heard_probes(events: Iterable[Event]) -> frozenset[str]:
    """List the test conversations that events tell a message of.

    Args:
        events: Parsed events, with our own: the message is one.
    """
    return frozenset(
        session_id
        for each in events
        if isinstance(each, MessagePosted)
        and (session_id := each.conversation.session_id or "").startswith(PROBE_PREFIX)
    )


def removed(events: Iterable[Event]) -> Removed:
    """List what the events report as removed at Zendesk.

    Args:
        events: Parsed events.
    """
    events = list(events)
    return Removed(
        conversation_ids=frozenset(
            storable_id(each.conversation.id)
            for each in events
            if isinstance(each, ConversationRemoved)
        ),
        user_ids=frozenset(each.user_id for each in events if isinstance(each, UserRemoved)),
    )


def classify_event(event: Event, connector: Connector) -> InboxEntry | None:
    """Convert an event to an inbox entry.

    An event's data about who is in control is not used, unless it is the event's subject: it can be
    stale. An event that cannot be classified becomes a dead letter, so that it never keeps others
    from being stored.

    Args:
        event: The parsed event, not one of our own.
        connector: The connector of its webhook.

    Returns:
        The inbox entry, or ``None`` if the event means nothing to any session.
    """
    try:
        return _classify(event, connector)
    except Exception as error:
        described = f"{type(error).__name__} at {location(error)}"
        body = {"type": type(event).__name__, "error": described}
        message_id = storable_id(event.message.id) if isinstance(event, MessagePosted) else None
        return _entry(event, connector, "dead_letter", body, message_id=message_id)


def classify_deletion(event: MessagePosted, connector: Connector) -> InboxEntry:
    """Make the entry that takes a deleted message back; a message has one at most.

    Args:
        event: It has the placeholder of a deleted message (schema `message`, field `deleted`).
        connector: The connector.
    """
    message_id = storable_id(event.message.id)
    entry = _entry(event, connector, "deletion", {"message_id": message_id})
    return replace(entry, event_id=storable_id(f"deleted:{message_id}"))


def _classify(event: Event, connector: Connector) -> InboxEntry | None:
    if isinstance(event, MessagePosted):
        if connector.is_native and event.message.activity_type == _ENDED_BY_USER:
            return _end(event, connector, EndReason.USER)
        return _message(event, connector)
    if isinstance(event, Unreadable):
        body = {"type": event.type, "error": event.error}
        return _entry(event, connector, "dead_letter", body)
    if isinstance(event, ControlMoved):
        if event.to is not None and event.to.is_called(connector.agent_workspace):
            return None
        reason = _REASONS.get(event.reason or "", reason_for(event.to, connector))
        return _end(event, connector, reason, caused_by=event.by_session)
    if isinstance(event, ControlAccepted) and connector.is_native:
        if event.to is None or event.to.is_called(connector.agent_workspace):
            return None
        return _end(event, connector, reason_for(event.to, connector))
    if isinstance(event, ControlOffered) and connector.is_native:
        is_ours = event.to is not None and is_own(event.to, connector)
        if not is_ours or event.by_session is not None:
            return None
        offered = {"reason": EndReason.AGENT.value, IS_OFFERED: True}
        return _entry(event, connector, "end", offered)
    if isinstance(event, ControlRefused):
        body = {"reason": EndReason.NOT_PASSED.value, "error": event.code}
        return _entry(event, connector, "end", body)
    return None


def is_own(party: SwitchboardIntegration, connector: Connector) -> bool:
    """Tell whether a party of the switchboard is the bot's own integration.

    Args:
        party: That has control, or is offered it.
        connector: The account's.
    """
    own = connector.switchboard_integration
    return own is not None and party.is_called(own)


def reason_for(active: SwitchboardIntegration | None, connector: Connector) -> EndReason:
    """Tell the reason of an end by who has control instead of the agents.

    Args:
        active: The party in control; ``None`` if there is none.
        connector: The account's. In native conversations agents pass control back to the bot.
    """
    is_back = active is None or (connector.is_native and is_own(active, connector))
    return EndReason.AGENT if is_back else EndReason.PASSED_ON


def _message(event: MessagePosted, connector: Connector) -> InboxEntry:
    content = event.message.for_user()
    return _entry(
        event,
        connector,
        "message",
        write_agent_message(content),
        sent_at=event.message.received[:64].replace("\x00", ""),
        message_id=content.id,
        media_token=secrets.token_urlsafe(24) if content.has_files else None,
    )


def _end(
    event: Event, connector: Connector, reason: EndReason, *, caused_by: str | None = None
) -> InboxEntry:
    return _entry(event, connector, "end", {"reason": reason.value}, caused_by=caused_by)


def _entry(
    event: Event,
    connector: Connector,
    kind: str,
    body: Mapping[str, Any],
    *,
    sent_at: str = "",
    message_id: str | None = None,
    media_token: str | None = None,
    caused_by: str | None = None,
) -> InboxEntry:
    conversation = event.conversation
    return InboxEntry(
        connector_id=connector.id,
        event_id=event.id,
        kind=kind,
        body=body,
        sent_at=sent_at or event.created_at,
        message_id=message_id,
        media_token=media_token,
        conversation_id=storable_id(conversation.id),
        created_for=storable_id(conversation.session_id) if conversation.session_id else None,
        caused_by=caused_by,
    )
