"""What comes from the agents, kept before it is acknowledged, and what else the user must hear."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import Candidate
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import inbox, sessions
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.sessions import candidates, inbox_topic

# Made once: making a statement costs more than running it.
_INTO_INBOX = new_rows(
    inbox,
    *("connector_id", "event_id", "message_id", "session_id", "kind", "body", "sent_at"),
    *("state", "media_token", "created_at"),
)
#: What a server says by itself comes the same way, so that it keeps its place in the order.
INTO_NOTICES = new_rows(
    inbox, "connector_id", "event_id", "session_id", "kind", "body", "sent_at", "created_at"
)
_DONE = Statement(
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("event"))
    .values(state="done", done_at=sa.bindparam("now"))
)
_AGENT_SPOKE = Statement(
    sa.update(sessions)
    .where(sessions.c.id == sa.bindparam("spoken_in"))
    .values(agent_spoke_at=sa.bindparam("now"))
)
_WAITING = Statement(
    sa.select(inbox)
    .where(inbox.c.session_id == sa.bindparam("session"), inbox.c.state == "new")
    .order_by(inbox.c.kind == "end", inbox.c.sent_at, inbox.c.id)
)


@dataclass(frozen=True)
class Incoming:
    """Something from Zendesk, in a session of ours.

    Args:
        id: The row.
        session_id: Whose it is.
        kind: ``message``, ``end``, or ``notice``: something of ours that the user must hear.
        body: What the kind needs.
        sent_at: Zendesk's clock, ISO 8601.
        media_token: The secret part of the address under which a file is served.
        created_at: Seconds since the epoch, when it was stored.
    """

    id: int
    session_id: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    sent_at: str = ""
    media_token: str | None = field(default=None, repr=False)
    created_at: float = 0.0


@dataclass(frozen=True)
class NewEvent:
    """An event to be stored; the same event, or the same message, is stored once.

    Args:
        event_id: Zendesk's id of the event.
        session_id: Whose it is.
        kind: ``message``, ``end``, ``notice`` or ``dead_letter``.
        body: What the kind needs.
        sent_at: Zendesk's clock, ISO 8601.
        message_id: Zendesk's id of the message.
        media_token: Where a file comes with it.
    """

    event_id: str
    session_id: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    sent_at: str = ""
    message_id: str | None = None
    media_token: str | None = field(default=None, repr=False)


#: Decides which events are kept, given the sessions they may speak of, newest first.
Classify = Callable[[Sequence[Candidate]], Sequence[NewEvent]]


@dataclass(frozen=True)
class EventBatch:
    """What has come from Zendesk at once.

    Args:
        connector_id: Through whose webhook; other connectors' sessions are not found.
        judge: Says what is kept of it.
        conversation_ids: Zendesk's ids of where it happened.
        session_ids: Ours, as the conversations' metadata gives them.
    """

    connector_id: str
    classify: Classify
    conversation_ids: frozenset[str] = frozenset()
    session_ids: frozenset[str] = frozenset()


class Inbox:
    """The table ``inbox``: from Zendesk to the user."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(self, connector_id: str, events: Iterable[NewEvent]) -> None:
        """Keep events; they are safe, and counted once, when this returns."""
        kept = tuple(events)
        await self.store_batch(EventBatch(connector_id, lambda _sessions: kept))

    async def store_batch(self, batch: EventBatch) -> Sequence[NewEvent]:
        """Find whose the events are that have come, and keep what is to be kept.

        All that arrives while the store is busy shares one look-up, one insert and one commit.

        Args:
            batch: With what judges its events, which may be asked twice.

        Returns:
            What was kept; it is safe, and counts once, when this returns.
        """
        return await self._database.write_together(
            self._take_all,
            batch,
            wake=lambda kept: {inbox_topic(event.session_id) for event in kept},
        )

    def _take_all(
        self, connection: Connection, batches: Sequence[EventBatch]
    ) -> Sequence[Sequence[NewEvent]]:
        found = _candidates(connection, batches)
        now = time.time()
        kept = [batch.classify(found(batch)) for batch in batches]
        rows = [
            {
                "connector_id": batch.connector_id,
                "event_id": event.event_id,
                "message_id": event.message_id,
                "session_id": event.session_id,
                "kind": event.kind,
                "body": event.body,
                "sent_at": event.sent_at,
                "state": "dead" if event.kind == "dead_letter" else "new",
                "media_token": event.media_token,
                "created_at": now,
            }
            for batch, events in zip(batches, kept, strict=True)
            for event in events
        ]
        _INTO_INBOX.run(connection, rows)
        return kept

    async def waiting(self, session_id: str) -> list[Incoming]:
        """Read the events to act on: messages by Zendesk's clock, an end after them."""
        rows = await self._database.read(
            lambda connection: _WAITING.rows(connection, session=session_id)
        )
        return [_incoming(row) for row in rows]

    async def known(self, connector_id: str, message_ids: Sequence[str]) -> set[str]:
        """Tell which of Zendesk's messages are here, delivered or waiting.

        Args:
            connector_id: Whose account.
            message_ids: Zendesk's ids.
        """
        if not message_ids:
            return set()
        query = sa.select(inbox.c.message_id).where(
            inbox.c.connector_id == connector_id, inbox.c.message_id.in_(message_ids)
        )
        return {row.message_id for row in await self._database.rows(query)}

    async def finish(self, event: Incoming, *, by_agent: bool = False) -> None:
        """Note that an event has been acted on.

        Args:
            event: Which one.
            by_agent: Whether with it the user has heard an agent.
        """
        now = time.time()

        def work(connection: Connection) -> None:
            _DONE.run(connection, [{"event": event.id, "now": now}])
            if by_agent:
                spoke = {"spoken_in": event.session_id, "now": now}
                _AGENT_SPOKE.run(connection, [spoke])

        await self._database.write(work)

    async def messages(self, session_id: str) -> list[Incoming]:
        """Read everything the user was shown in a session, by Zendesk's clock."""
        query = (
            sa.select(inbox)
            .where(inbox.c.session_id == session_id, inbox.c.kind == "message")
            .order_by(inbox.c.sent_at, inbox.c.id)
        )
        return [_incoming(row) for row in await self._database.rows(query)]

    async def by_media_token(self, token: str) -> Incoming | None:
        """Find the message that a file's address belongs to."""
        query = sa.select(inbox).where(inbox.c.media_token == token)
        row = await self._database.row(query)
        return _incoming(row) if row else None


def notice_row(
    connector_id: str, session_id: str, name: str, response: str, now: float
) -> dict[str, Any]:
    """Make the row of the inbox for something of ours that the user must hear.

    Args:
        connector_id: The session's.
        session_id: Whose.
        name: Keeps it from coming twice.
        response: What is said.
        now: Seconds since the epoch.
    """
    return {
        "connector_id": connector_id,
        "event_id": name,
        "session_id": session_id,
        "kind": "notice",
        "body": {"response": response},
        "sent_at": "",  # before anything of Zendesk's that waits
        "created_at": now,
    }


def _candidates(
    connection: Connection, batches: Sequence[EventBatch]
) -> Callable[[EventBatch], Sequence[Candidate]]:
    """Read the sessions that arrivals may speak of, and give what picks each one's."""
    conversations = frozenset().union(*(batch.conversation_ids for batch in batches))
    named = frozenset().union(*(batch.session_ids for batch in batches))
    places: defaultdict[tuple[str, str], list[Candidate]] = defaultdict(list)
    if conversations or named:
        # Of two that share a conversation the newer one comes first.
        for session in candidates(connection, conversations, named):
            place = session.conversation_id or session.id
            places[session.connector_id, place].append(session)

    def pick(batch: EventBatch) -> Sequence[Candidate]:
        # Before the conversation's: one that does not know its conversation yet is the newest.
        return [
            session
            for place in (*batch.session_ids, *batch.conversation_ids)
            for session in places.get((batch.connector_id, place), ())
        ]

    return pick


def _incoming(row: Any) -> Incoming:
    return Incoming(
        row.id, row.session_id, row.kind, row.body, row.sent_at, row.media_token, row.created_at
    )
