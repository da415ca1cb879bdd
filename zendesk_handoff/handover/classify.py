"""Classification of webhook events: the session, and the inbox entry. The caller stores it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from zendesk_handoff.domain.session import Candidate, EndReason, Session
from zendesk_handoff.logs import location
from zendesk_handoff.settings import Connector
from zendesk_handoff.store.inbox import NewEvent
from zendesk_handoff.zendesk import Message
from zendesk_handoff.zendesk.content import read_agent_message
from zendesk_handoff.zendesk.webhooks import (
    ControlMoved,
    ConversationRemoved,
    Event,
    MessagePosted,
    Unreadable,
    storable_id,
)

AnySession = TypeVar("AnySession", Session, Candidate)

_REASONS = {
    "ticketClosed": EndReason.TICKET_CLOSED,
    "transferToEmail": EndReason.MOVED_TO_EMAIL,
}
#: Seconds after a session's end in which an agent's message still belongs to it.
_GRACE_PERIOD = 10.0


def match_session(event: Event, sessions: Iterable[AnySession]) -> AnySession | None:
    """Find the session that an event belongs to.

    Args:
        event: An event from a connector's webhook.
        sessions: That connector's candidates, newest first: in an account without
            multi-conversations several sessions share a conversation, and the newest one has it.

    Returns:
        The session, or ``None`` for a conversation that is not ours.
    """
    conversation = event.conversation
    for session in sessions:
        if session.conversation_id == conversation.id:
            return session
        if session.conversation_id is None and session.id == conversation.session_id:
            return session
    return None


def is_relevant(event: Event) -> bool:
    """Check whether an event can matter to any session; our own messages cannot.

    Args:
        event: An event from a connector's webhook.
    """
    return not isinstance(event, MessagePosted) or is_for_user(event.message)


def ignore_own_events(events: Iterable[Event]) -> list[Event]:
    """Leave out the events that only echo what users wrote or what we posted ourselves.

    Args:
        events: The events of one call of a connector's webhook.
    """
    return [event for event in events if is_relevant(event)]


def is_for_user(message: Message) -> bool:
    """Check whether a message is from the agents' side, and not one of our own.

    Our own messages come back as events: those of users, and those with our marker. A business
    message without an agent's id is an automation's; the user is to see it, too.

    Args:
        message: A message of an event or a listing.
    """
    return message.marker is None and message.author.type == "business"


def classify_event(
    event: Event, session: Session | Candidate, connector: Connector
) -> NewEvent | None:
    """Convert an event to an inbox entry.

    Only our own messages are ignored. An event's data about who is in control is not used, unless
    it is the event's subject: it can be stale. An event that cannot be classified becomes a dead
    letter, so that it never keeps others from being stored.

    Args:
        event: The parsed event.
        session: The session that it belongs to.
        connector: The session's connector.

    Returns:
        The inbox entry, or ``None`` if nothing is to be stored.
    """
    try:
        return _classify(event, session, connector)
    except Exception as error:
        description = f"{type(error).__name__} at {location(error)}"
        body = {"type": type(event).__name__, "error": description}
        message_id = storable_id(event.message.id) if isinstance(event, MessagePosted) else None
        return NewEvent(
            event.id,
            session.id,
            "dead_letter",
            body,
            sent_at=event.created_at,
            message_id=message_id,
        )


def _classify(event: Event, session: Session | Candidate, connector: Connector) -> NewEvent | None:
    if isinstance(event, MessagePosted):
        return _classify_message(event, session)
    if isinstance(event, Unreadable):
        body = {"type": event.type, "error": event.error}
        return NewEvent(event.id, session.id, "dead_letter", body, sent_at=event.created_at)
    if not session.is_open:
        return None
    if isinstance(event, ControlMoved):
        to_agents = event.to is not None and event.to.is_called(connector.agent_workspace)
        if event.by_session == session.id or to_agents:
            return None
        default = EndReason.AGENT if event.to is None else EndReason.PASSED_ON
        return _end(event, session, _REASONS.get(event.reason or "", default))
    if isinstance(event, ConversationRemoved):
        return _end(event, session, EndReason.CONVERSATION_REMOVED)
    return None


def _classify_message(event: MessagePosted, session: Session | Candidate) -> NewEvent | None:
    message = event.message
    if not is_relevant(event):
        return None
    sent_at = (message.received or event.created_at)[:64].replace("\x00", "")
    if not session.is_open and _is_after(sent_at, session.ended_at):
        return None  # the user is with the bot again
    content = read_agent_message(message)
    return NewEvent(
        event.id,
        session.id,
        "message",
        vars(content),
        sent_at=sent_at,
        message_id=storable_id(message.id),
        media_token=secrets.token_urlsafe(24) if content.media_url else None,
    )


def _end(event: Event, session: Session | Candidate, reason: EndReason) -> NewEvent:
    return NewEvent(event.id, session.id, "end", {"reason": reason.value}, sent_at=event.created_at)


def epoch(timestamp: str) -> float | None:
    """Convert one of Zendesk's timestamps, ``YYYY-MM-DDThh:mm:ss.SSSZ``, to seconds."""
    try:
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


def _is_after(sent_at: str, ended_at: float | None) -> bool:
    sent = epoch(sent_at)
    return sent is not None and ended_at is not None and sent > ended_at + _GRACE_PERIOD
