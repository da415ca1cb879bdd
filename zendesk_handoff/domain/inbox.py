"""Entries of the inbox, and the rules that decide which session one belongs to. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, NamedTuple

from zendesk_handoff.domain.session import Session

#: Seconds after a session's end in which an agent's message still belongs to it.
_GRACE_PERIOD = 10.0


@dataclass(frozen=True)
class InboxEntry:
    """The part of an event from Zendesk that is stored, and what decides whose it is.

    Args:
        connector_id: The connector of the event's webhook.
        event_id: Zendesk's id of the event.
        kind: ``message``, ``deletion`` of one, ``end`` or ``dead_letter``.
        body: The data of an entry of this kind.
        sent_at: The time by Zendesk's clock, ISO 8601.
        message_id: Zendesk's id of the message.
        media_token: The secret part of the URL for a file, if the message has one.
        conversation_id: Zendesk's id of the conversation.
        created_for: The session that the conversation was created for, from its metadata.
        caused_by: The session that moved control itself.
        session_id: The session that it belongs to; empty until that is known.
    """

    connector_id: str
    event_id: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    sent_at: str = ""
    message_id: str | None = None
    media_token: str | None = field(default=None, repr=False)
    conversation_id: str = ""
    created_for: str | None = None
    caused_by: str | None = None
    session_id: str = ""


class Candidate(NamedTuple):
    """The fields of a session that decide whether an entry belongs to it.

    Reading a whole session takes ten times as long, and events come by the thousand. The fields are
    those of ``Session``.
    """

    id: str
    connector_id: str
    conversation_id: str | None
    is_open: bool
    ended_at: float | None


class SessionIndex:
    """The sessions that entries may belong to, by what is known of an entry's conversation.

    Args:
        sessions: Oldest first: in an account without multi-conversations several sessions share a
            conversation, and the newest one has it.
    """

    def __init__(self, sessions: Iterable[Candidate]) -> None:
        """Index the sessions."""
        self._without_conversation: dict[tuple[str, str | None], Candidate] = {}
        self._by_conversation: dict[tuple[str, str], Candidate] = {}
        for session in sessions:
            if session.conversation_id is None:
                self._without_conversation[session.connector_id, session.id] = session
            else:
                self._by_conversation[session.connector_id, session.conversation_id] = session

    def assign(self, entries: Iterable[InboxEntry]) -> list[InboxEntry]:
        """Give entries the ids of their sessions, and leave out those that no session accepts.

        Args:
            entries: Those that have a session already are left as they are.
        """
        assigned = []
        for entry in entries:
            if entry.session_id:
                assigned.append(entry)
                continue
            session = self._find(entry)
            if session is not None and accepts(session, entry):
                assigned.append(replace(entry, session_id=session.id))
        return assigned

    def _find(self, entry: InboxEntry) -> Candidate | None:
        # An event can arrive before the response with the conversation's id. A session without
        # that id is the conversation's newest one.
        return self._without_conversation.get(
            (entry.connector_id, entry.created_for)
        ) or self._by_conversation.get((entry.connector_id, entry.conversation_id))


def accepts(session: Session | Candidate, entry: InboxEntry) -> bool:
    """Check whether a session accepts an entry of its conversation.

    Messages belong to a session until shortly after its end: then the user is with the bot again.
    Dead letters always do, so that an operator learns of them.

    Args:
        session: The newest session of the conversation, open or over.
        entry: The entry.
    """
    if entry.kind == "end":
        return session.is_open and entry.caused_by != session.id
    if entry.kind == "message" and not session.is_open:
        return not _is_late(entry.sent_at, session.ended_at)
    return True


def stamp(seconds: float) -> str:
    """Write a time as Zendesk does: the counterpart of ``epoch``.

    Args:
        seconds: Since the epoch.
    """
    found = datetime.fromtimestamp(seconds, timezone.utc)
    return found.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def epoch(timestamp: str) -> float | None:
    """Convert one of Zendesk's timestamps, ``YYYY-MM-DDThh:mm:ss.SSSZ``, to seconds."""
    try:
        return datetime.fromisoformat(timestamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


def _is_late(sent_at: str, ended_at: float | None) -> bool:
    sent = epoch(sent_at)
    return sent is not None and ended_at is not None and sent > ended_at + _GRACE_PERIOD
