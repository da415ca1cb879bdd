"""What an event of Zendesk's means for a session of ours. Pure: the caller stores it."""

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

Whose = TypeVar("Whose", Session, Candidate)

_REASONS = {
    "ticketClosed": EndReason.TICKET_CLOSED,
    "transferToEmail": EndReason.MOVED_TO_EMAIL,
}
#: Seconds after the end in which a message still belongs to the session: it was on its way.
_GRACE = 10.0


def match_session(event: Event, sessions: Iterable[Whose]) -> Whose | None:
    """Find whose event it is.

    Args:
        event: From a connector's webhook.
        sessions: That connector's candidates, newest first. An account without
            multi-conversations has several with one conversation; the newest goes on with it.

    Returns:
        The session, or ``None`` for a conversation of somebody else's.
    """
    conversation = event.conversation
    for session in sessions:
        if session.conversation_id == conversation.id:
            return session
        if session.conversation_id is None and session.id == conversation.session_id:
            return session
    return None


def is_relevant(event: Event) -> bool:
    """Tell whether there is a session for which an event would be kept.

    Args:
        event: From a connector's webhook.
    """
    return not isinstance(event, MessagePosted) or is_for_user(event.message)


def ignore_own_events(events: Iterable[Event]) -> list[Event]:
    """Leave out the events that only echo what users wrote or what we posted ourselves.

    Args:
        events: Of one call of a connector's webhook.
    """
    return [event for event in events if is_relevant(event)]


def is_for_user(message: Message) -> bool:
    """Tell whether a message is none of our echoes.

    Half of an account's messages are: what users wrote, and what we posted ourselves, which bears
    our marker. A business message without an agent's id is an automation's, and the user's to read.

    Args:
        message: As events and listings give it.
    """
    return message.marker is None and message.author.type == "business"


def classify_event(
    event: Event, session: Session | Candidate, connector: Connector
) -> NewEvent | None:
    """Decide what is to be kept of an event.

    Of messages only echoes are dropped. What an event says beside its own type about who is in
    control is not believed: it may be older than what we know. One that we cannot make anything of
    is set aside: whatever Zendesk sends, it must not keep the others from being stored.

    Args:
        event: Parsed.
        session: Whose it is.
        connector: The session's.

    Returns:
        What to store, or ``None``.
    """
    try:
        return _classify(event, session, connector)
    except Exception as error:
        fault = f"{type(error).__name__} at {location(error)}"
        body = {"type": type(event).__name__, "error": fault}
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
        moved = EndReason.AGENT if event.to is None else EndReason.PASSED_ON
        return _end(event, session, _REASONS.get(event.reason or "", moved))
    if isinstance(event, ConversationRemoved):
        return _end(event, session, EndReason.CONVERSATION_REMOVED)
    return None


def _classify_message(event: MessagePosted, session: Session | Candidate) -> NewEvent | None:
    message = event.message
    if not is_relevant(event):
        return None
    sent_at = (message.received or event.created_at)[:64].replace("\x00", "")
    if not session.is_open and _is_after(sent_at, session.ended_at):
        return None  # the user is with the bot again, and nobody promised the agent an audience
    read = read_agent_message(message)
    return NewEvent(
        event.id,
        session.id,
        "message",
        vars(read),
        sent_at=sent_at,
        message_id=storable_id(message.id),
        media_token=secrets.token_urlsafe(24) if read.media_url else None,
    )


def _end(event: Event, session: Session | Candidate, reason: EndReason) -> NewEvent:
    return NewEvent(event.id, session.id, "end", {"reason": reason.value}, sent_at=event.created_at)


def epoch(timestamp: str) -> float | None:
    """Read one of Zendesk's timestamps, ``YYYY-MM-DDThh:mm:ss.SSSZ``, as seconds."""
    try:
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


def _is_after(sent_at: str, ended_at: float | None) -> bool:
    sent = epoch(sent_at)
    return sent is not None and ended_at is not None and sent > ended_at + _GRACE
