"""What goes to the agents and what comes from them, each kept before it is acknowledged."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.session import Candidate, State
from zendesk_handoff.store.database import Database
from zendesk_handoff.store.schema import inbox, outbox, sessions
from zendesk_handoff.store.sessions import candidates, inbox_topic, outbox_topic
from zendesk_handoff.store.statement import Statement, new_rows

_KEYS = uuid.UUID("6f6e6365-2061-6e64-206f-6e6c79206f6e")
#: More than any session has.
_ALL = 1_000_000
# Made once: making a statement costs more than running it.
_INTO_OUTBOX = new_rows(outbox, "session_id", "marker", "body", "created_at")
_INTO_INBOX = new_rows(
    inbox,
    *("connector_id", "event_id", "message_id", "session_id", "kind", "body", "sent_at"),
    *("state", "media_token", "created_at"),
)
_SENT = Statement(
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("message"))
    .values(state="done", fault=None, done_at=sa.bindparam("now"))
)
_DONE = Statement(
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("event"))
    .values(state="done", done_at=sa.bindparam("now"))
)
_SPOKEN_IN = sa.update(sessions).where(sessions.c.id == sa.bindparam("spoken_in"))
_AGENT_SPOKE = Statement(_SPOKEN_IN.values(agent_spoke_at=sa.bindparam("now")))
_USER_SPOKE = Statement(_SPOKEN_IN.values(user_spoke_at=sa.bindparam("now")))
_UNSENT = Statement(
    sa.select(outbox)
    .where(outbox.c.session_id == sa.bindparam("session"), outbox.c.state == "new")
    .order_by(outbox.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_HEADS = (
    sa.select(outbox.c.session_id, sa.func.min(outbox.c.id).label("id"))
    .where(sa.text("state <> 'done'"), outbox.c.state == "new")
    .group_by(outbox.c.session_id)
    .subquery()
)
_TOLD_SINCE = sa.select(inbox.c.id).where(
    inbox.c.session_id == outbox.c.session_id,
    inbox.c.kind == "notice",
    inbox.c.created_at >= outbox.c.created_at,
)
#: The first in line of sessions with agents, where it has waited long and the user does not know.
_LATE = Statement(
    sa.select(outbox.c.id, outbox.c.session_id, sessions.c.connector_id)
    .join(_HEADS, _HEADS.c.id == outbox.c.id)
    .join(sessions, sessions.c.id == outbox.c.session_id)
    .where(
        outbox.c.created_at < sa.bindparam("before"),
        sa.or_(sessions.c.state == State.WAITING.value, sessions.c.state == State.ACTIVE.value),
        sessions.c.announced,
        ~_TOLD_SINCE.exists(),
    )
)
_INTO_NOTICES = new_rows(
    inbox, "connector_id", "event_id", "session_id", "kind", "body", "sent_at", "created_at"
)
_WAITING = Statement(
    sa.select(inbox)
    .where(inbox.c.session_id == sa.bindparam("session"), inbox.c.state == "new")
    .order_by(inbox.c.kind == "end", inbox.c.sent_at, inbox.c.id)
)


@dataclass(frozen=True)
class Outgoing:
    """Something for the agents.

    Args:
        id: Its place in the order.
        session_id: Whose it is.
        marker: Our mark on it in Zendesk.
        body: ``{"type": "text", "text": …}``, ``{"type": "upload", "upload_id": …}``,
            ``{"type": "image" or "file", "media_url": …}`` or ``{"type": "leave"}``.
        created_at: Seconds since the epoch.
    """

    id: int
    session_id: str
    marker: str
    body: Mapping[str, Any] = field(repr=False)
    created_at: float = 0.0


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
        kind: ``message``, ``end``, ``notice`` or ``aside``.
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
Judge = Callable[[Sequence[Candidate]], Sequence[NewEvent]]


@dataclass(frozen=True)
class Arrival:
    """What has come from Zendesk at once.

    Args:
        connector_id: Through whose webhook; other connectors' sessions are not found.
        judge: Says what is kept of it.
        conversation_ids: Zendesk's ids of where it happened.
        session_ids: Ours, as the conversations' metadata gives them.
    """

    connector_id: str
    judge: Judge
    conversation_ids: frozenset[str] = frozenset()
    session_ids: frozenset[str] = frozenset()


def marker_of(key: str, part: int) -> str:
    """Make the marker of a part of a message that has a key."""
    return uuid.uuid5(_KEYS, f"{key}:{part}").hex


class Outbox:
    """The table ``outbox``: from the user to the agents."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(
        self, session_id: str, bodies: Sequence[Mapping[str, Any]], *, key: str | None = None
    ) -> None:
        """Keep messages for the agents, in order; they are safe when this returns.

        Args:
            session_id: Whose.
            bodies: See ``Outgoing``.
            key: Names the user's message where the channel may bring it again; what is there
                already is not added.
        """
        now = time.time()
        rows = [
            {
                "session_id": session_id,
                "marker": marker_of(key, part) if key else uuid.uuid4().hex,
                "body": dict(body),
                "created_at": now,
            }
            for part, body in enumerate(bodies)
        ]
        await self._database.write_together(
            self._add_all, rows, wake=lambda _result: [outbox_topic(session_id)]
        )

    def _add_all(
        self, connection: Connection, messages: Sequence[list[dict[str, Any]]]
    ) -> Sequence[None]:
        rows = [row for each in messages for row in each]
        _INTO_OUTBOX.run(connection, rows)
        spoke = {row["session_id"]: row["created_at"] for row in rows}
        _USER_SPOKE.run(connection, [{"spoken_in": key, "now": at} for key, at in spoke.items()])
        return [None] * len(messages)

    async def has(self, key: str) -> bool:
        """Tell whether a message that was added by this key is there, in any session."""
        query = sa.select(outbox.c.id).where(outbox.c.marker == marker_of(key, 0))
        return await self._database.row(query) is not None

    async def finish(self, message: Outgoing) -> None:
        """Note that a message is with Zendesk."""
        sent = {"message": message.id, "now": time.time()}
        await self._database.write_together(_note_sent, sent)

    async def refuse(
        self, messages: Sequence[Outgoing], *, connector_id: str, fault: str, notice: str | None
    ) -> None:
        """Note that Zendesk will not have messages of a session, and that the user must hear of it.

        Args:
            messages: Which ones, of one session.
            connector_id: The session's.
            fault: Why they were refused; the error's text, which never quotes the user.
            notice: The response that tells the user, where it concerns them.
        """
        now = time.time()
        ids = [message.id for message in messages]
        session_id = messages[0].session_id
        refused = (
            sa.update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(state="failed", fault=fault, done_at=now)
        )

        def work(connection: Connection) -> None:
            connection.execute(refused)
            if notice is not None:
                telling = _notice(connector_id, session_id, f"refused:{ids[-1]}", notice, now)
                _INTO_NOTICES.run(connection, [telling])

        await self._database.write(work, wake=[inbox_topic(session_id)])

    async def tell_late(self, *, before: float, notice: str) -> list[str]:
        """Let users hear, once, that what they wrote has not reached the agents yet.

        Args:
            before: Seconds since the epoch; what was written later is not late.
            notice: The response that tells them.

        Returns:
            The sessions in which that is so.
        """

        def look(connection: Connection) -> list[Any]:
            return _LATE.rows(connection, before=before)

        late = await self._database.read(look)
        if late:
            now = time.time()
            rows = [
                _notice(row.connector_id, row.session_id, f"late:{row.id}", notice, now)
                for row in late
            ]
            await self._database.write(
                lambda connection: _INTO_NOTICES.run(connection, rows),
                wake=[inbox_topic(row.session_id) for row in late],
            )
        return [row.session_id for row in late]

    async def waiting(self, session_id: str, *, limit: int = _ALL) -> list[Outgoing]:
        """Read what is not with Zendesk yet, oldest first.

        Args:
            session_id: Whose.
            limit: How many at the most.
        """
        rows = await self._database.read(
            lambda connection: _UNSENT.rows(connection, session=session_id, limit=limit)
        )
        return [_outgoing(row) for row in rows]

    async def all(self, session_id: str) -> list[Outgoing]:
        """Read everything the user wrote in a session."""
        query = sa.select(outbox).where(outbox.c.session_id == session_id).order_by(outbox.c.id)
        return [_outgoing(row) for row in await self._database.rows(query)]


class Inbox:
    """The table ``inbox``: from Zendesk to the user."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(self, connector_id: str, events: Iterable[NewEvent]) -> None:
        """Keep events; they are safe, and counted once, when this returns."""
        kept = tuple(events)
        await self.take(Arrival(connector_id, lambda _sessions: kept))

    async def take(self, arrival: Arrival) -> Sequence[NewEvent]:
        """Find whose the events are that have come, and keep what is to be kept.

        All that arrives while the store is busy shares one look-up, one insert and one commit.

        Args:
            arrival: With what judges its events, which may be asked twice.

        Returns:
            What was kept; it is safe, and counts once, when this returns.
        """
        return await self._database.write_together(
            self._take_all,
            arrival,
            wake=lambda kept: {inbox_topic(event.session_id) for event in kept},
        )

    def _take_all(
        self, connection: Connection, arrivals: Sequence[Arrival]
    ) -> Sequence[Sequence[NewEvent]]:
        found = _candidates(connection, arrivals)
        now = time.time()
        kept = [arrival.judge(found(arrival)) for arrival in arrivals]
        rows = [
            {
                "connector_id": arrival.connector_id,
                "event_id": event.event_id,
                "message_id": event.message_id,
                "session_id": event.session_id,
                "kind": event.kind,
                "body": event.body,
                "sent_at": event.sent_at,
                "state": "aside" if event.kind == "aside" else "new",
                "media_token": event.media_token,
                "created_at": now,
            }
            for arrival, events in zip(arrivals, kept, strict=True)
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


def _notice(
    connector_id: str, session_id: str, name: str, response: str, now: float
) -> dict[str, Any]:
    """Make the row of the inbox for something of ours; ``name`` keeps it from coming twice."""
    return {
        "connector_id": connector_id,
        "event_id": name,
        "session_id": session_id,
        "kind": "notice",
        "body": {"response": response},
        "sent_at": "",  # before anything of Zendesk's that waits
        "created_at": now,
    }


def _note_sent(connection: Connection, sent: Sequence[dict[str, Any]]) -> Sequence[None]:
    _SENT.run(connection, sent)
    return [None] * len(sent)


def _candidates(
    connection: Connection, arrivals: Sequence[Arrival]
) -> Callable[[Arrival], Sequence[Candidate]]:
    """Read the sessions that arrivals may speak of, and give what picks each one's."""
    conversations = frozenset().union(*(arrival.conversation_ids for arrival in arrivals))
    named = frozenset().union(*(arrival.session_ids for arrival in arrivals))
    places: defaultdict[tuple[str, str], list[Candidate]] = defaultdict(list)
    if conversations or named:
        # Of two that share a conversation the newer one comes first.
        for session in candidates(connection, conversations, named):
            place = session.conversation_id or session.id
            places[session.connector_id, place].append(session)

    def pick(arrival: Arrival) -> Sequence[Candidate]:
        # Before the conversation's: one that does not know its conversation yet is the newest.
        return [
            session
            for place in (*arrival.session_ids, *arrival.conversation_ids)
            for session in places.get((arrival.connector_id, place), ())
        ]

    return pick


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(row.id, row.session_id, row.marker, row.body, row.created_at)


def _incoming(row: Any) -> Incoming:
    return Incoming(
        row.id, row.session_id, row.kind, row.body, row.sent_at, row.media_token, row.created_at
    )
