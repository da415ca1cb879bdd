"""The inbox: events from Zendesk, stored before the webhook call is acknowledged, and notices."""

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
from zendesk_handoff.store.session_rows import candidates
from zendesk_handoff.store.topics import inbox_topic

# Module constants, because building a statement costs more than running it.
_INSERT = new_rows(
    inbox,
    *("connector_id", "event_id", "message_id", "session_id", "kind", "body", "sent_at"),
    *("state", "media_token", "created_at"),
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
    """A stored event of a session, or a notice.

    Args:
        id: The row's id.
        session_id: The session's id.
        kind: ``message``, ``end`` or ``notice``.
        body: The data of an event of this kind.
        sent_at: The time by Zendesk's clock, ISO 8601; empty for a notice.
        media_token: The secret part of the URL under which a file is served.
        created_at: The time of storing, in seconds since the epoch.
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
    """An event to store; the same event, or the same message, is stored once.

    Args:
        event_id: Zendesk's id of the event.
        session_id: The session's id.
        kind: ``message``, ``end``, ``notice`` or ``dead_letter``.
        body: The data of an event of this kind.
        sent_at: The time by Zendesk's clock, ISO 8601.
        message_id: Zendesk's id of the message.
        media_token: The secret part of the URL for a file, if the message has one.
    """

    event_id: str
    session_id: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    sent_at: str = ""
    message_id: str | None = None
    media_token: str | None = field(default=None, repr=False)


#: Turns the events of a batch into those to store, given the sessions that they may concern.
Classify = Callable[[Sequence[Candidate]], Sequence[NewEvent]]


@dataclass(frozen=True)
class EventBatch:
    """The events of one webhook call.

    Args:
        connector_id: The webhook's connector; sessions of others are not found.
        classify: Chooses the events to store, given the sessions, newest first.
        conversation_ids: Zendesk's ids of the events' conversations.
        session_ids: Ours, from the metadata of the conversations.
    """

    connector_id: str
    classify: Classify
    conversation_ids: frozenset[str] = frozenset()
    session_ids: frozenset[str] = frozenset()


class Inbox:
    """The table ``inbox``: messages and events for the user."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(self, connector_id: str, events: Iterable[NewEvent]) -> None:
        """Store events; they are committed when this returns.

        Args:
            connector_id: The sessions' connector.
            events: Those that are stored already are left alone.
        """
        classified = tuple(events)
        await self.store_batch(EventBatch(connector_id, lambda _sessions: classified))

    async def store_batch(self, batch: EventBatch) -> Sequence[NewEvent]:
        """Find the sessions that a batch concerns, classify its events and store them.

        On SQLite, batches that arrive while the store is busy share one query, insert and commit.

        Args:
            batch: The batch; its ``classify`` may be called twice.

        Returns:
            The stored events; they are committed when this returns.
        """
        return await self._database.write_together(
            self._store_all,
            batch,
            wake=lambda events: {inbox_topic(event.session_id) for event in events},
        )

    def _store_all(
        self, connection: Connection, batches: Sequence[EventBatch]
    ) -> Sequence[Sequence[NewEvent]]:
        find = _candidates(connection, batches)
        now = time.time()
        classified = [batch.classify(find(batch)) for batch in batches]
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
            for batch, events in zip(batches, classified, strict=True)
            for event in events
        ]
        _INSERT.run(connection, rows)
        return classified

    async def waiting(self, session_id: str) -> list[Incoming]:
        """Read the undelivered events in order: messages by Zendesk's clock, the end after them."""
        rows = await self._database.read(
            lambda connection: _WAITING.rows(connection, session=session_id)
        )
        return [_incoming(row) for row in rows]

    async def known(self, connector_id: str, message_ids: Sequence[str]) -> set[str]:
        """Tell which of Zendesk's messages are stored, delivered or not.

        Args:
            connector_id: The messages' connector.
            message_ids: Zendesk's ids.
        """
        if not message_ids:
            return set()
        query = sa.select(inbox.c.message_id).where(
            inbox.c.connector_id == connector_id, inbox.c.message_id.in_(message_ids)
        )
        return {row.message_id for row in await self._database.rows(query)}

    async def finish(self, event: Incoming, *, by_agent: bool = False) -> None:
        """Record that an event is done.

        Args:
            event: The event.
            by_agent: Whether it was an agent's message, now delivered to the user.
        """
        now = time.time()

        def work(connection: Connection) -> None:
            _DONE.run(connection, [{"event": event.id, "now": now}])
            if by_agent:
                spoke = {"spoken_in": event.session_id, "now": now}
                _AGENT_SPOKE.run(connection, [spoke])

        await self._database.write(work)

    async def messages(self, session_id: str) -> list[Incoming]:
        """Read all messages of a session to the user, in the order of Zendesk's clock."""
        query = (
            sa.select(inbox)
            .where(inbox.c.session_id == session_id, inbox.c.kind == "message")
            .order_by(inbox.c.sent_at, inbox.c.id)
        )
        return [_incoming(row) for row in await self._database.rows(query)]

    async def by_media_token(self, token: str) -> Incoming | None:
        """Find the message whose file is served under a media token."""
        query = sa.select(inbox).where(inbox.c.media_token == token)
        row = await self._database.row(query)
        return _incoming(row) if row else None


def _candidates(
    connection: Connection, batches: Sequence[EventBatch]
) -> Callable[[EventBatch], Sequence[Candidate]]:
    """Read the sessions of all batches at once, and return a function that picks a batch's."""
    conversations = frozenset().union(*(batch.conversation_ids for batch in batches))
    session_ids = frozenset().union(*(batch.session_ids for batch in batches))
    found: defaultdict[tuple[str, str], list[Candidate]] = defaultdict(list)
    if conversations or session_ids:
        # Of two that share a conversation the newer one comes first.
        for session in candidates(connection, conversations, session_ids):
            found[session.connector_id, session.conversation_id or session.id].append(session)

    def pick(batch: EventBatch) -> Sequence[Candidate]:
        # Sessions without a conversation id come first: such a session is the newest one.
        return [
            session
            for each in (*batch.session_ids, *batch.conversation_ids)
            for session in found.get((batch.connector_id, each), ())
        ]

    return pick


def _incoming(row: Any) -> Incoming:
    return Incoming(
        row.id, row.session_id, row.kind, row.body, row.sent_at, row.media_token, row.created_at
    )
