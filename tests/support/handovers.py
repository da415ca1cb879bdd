"""Handovers of the past, for reports."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import State
from zendesk_handoff.store.engine.schema import inbox, sessions
from zendesk_handoff.summary import labels_of

ASKED = labels_of("en").asked_for_human
#: What nobody but the agents may read.
WORDS = "what-the-user-wrote"


def at(text: str, zone: str = "UTC") -> float:
    """Return a time in seconds since the epoch, of ``2026-01-31 14:00`` in a time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def handover(
    created_at: float,
    *,
    sender: str | None = None,
    wait: float | None = None,
    length: float | None = None,
    state: State = State.ENDED,
    end_reason: str | None = "agent",
    connector: str = "support",
    workspace: str = "default",
    channel: str = "webchat",
    reason: str = ASKED,
    is_person: bool = True,
    rating: int | None = None,
    is_asked: bool = False,
    message: str | None = None,
) -> Callable[[Connection], str]:
    """Make the work that stores a session of the past.

    Args:
        created_at: When it was requested.
        sender: Rasa's id of the user; another one for each session by default.
        wait: Seconds until the first message from the agents' side; none without it.
        length: Seconds from the agents' control, a second after the request, until the end.
        state: The state.
        end_reason: Why it ended.
        connector: The connector.
        workspace: The tenant.
        channel: The Rasa channel.
        reason: The reason that the agent has read.
        is_person: Whether a person wrote that message.
        rating: The user's rating, for which they were asked.
        is_asked: Whether the user was asked for one that they did not give.
        message: What the user has left while nobody was there, in place of a handover.
    """
    session_id = uuid.uuid4().hex
    reached = state is not State.FAILED
    row: dict[str, Any] = {
        "id": session_id,
        "connector_id": connector,
        "workspace": workspace,
        "sender_id": sender or session_id,
        "channel": channel,
        "state": state.value,
        "reason": reason,
        "end_reason": end_reason if state is State.ENDED else None,
        "summary": WORDS,
        "profile": {"givenName": WORDS, "email": f"{WORDS}@example.com"},
        "agent_name": WORDS,
        "created_at": created_at,
        "connected_at": created_at + 1 if reached else None,
        "ended_at": None if state.is_open else created_at + 1 + (length or 0),
        "message": message,
        "rating": rating,
        "rating_asked_at": created_at + 2 if is_asked or rating else None,
        "end_notified": not state.is_open,
        "finalized": not state.is_open,
    }

    def work(connection: Connection) -> str:
        connection.execute(sa.insert(sessions).values(row))
        if wait is not None:
            body = {"text": WORDS, "author": WORDS, "agent_id": "a1" if is_person else None}
            event = {
                "connector_id": connector,
                "event_id": uuid.uuid4().hex,
                "message_id": uuid.uuid4().hex,
                "session_id": session_id,
                "kind": "message",
                "body": body,
                "sent_at": "t",
                "state": "done",
                "created_at": created_at + wait,
            }
            connection.execute(sa.insert(inbox).values(event))
        return session_id

    return work
