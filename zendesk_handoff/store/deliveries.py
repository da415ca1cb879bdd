"""Parts of messages that a user's channel has taken, and what it reported later."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.rendering import without_files
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import deliveries, inbox, outbox, sessions
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.pending import insert_pending
from zendesk_handoff.store.topics import outbox_topic

_INSERT = new_rows(
    deliveries,
    *("session_id", "event_id", "key", "part", "channel", "reference", "state", "body"),
    "created_at",
)
_SENT = Statement(
    sa.select(deliveries.c.part).where(
        deliveries.c.session_id == sa.bindparam("session"), deliveries.c.key == sa.bindparam("key")
    )
)
_TAKEN = deliveries.c.state == "taken"
_REFUSED_WORDS_LIMIT = 200


@dataclass(frozen=True)
class Delivery:
    """A part of a message that a platform has taken, and has not yet reported about.

    Args:
        channel: The name of the Rasa channel.
        reference: The platform's id of the message.
        created_at: When it was taken, in seconds since the epoch.
    """

    channel: str
    reference: str = field(repr=False)
    created_at: float = 0.0


@dataclass(frozen=True)
class Settled:
    """The outcome of a part, as its platform has reported it.

    Args:
        session_id: The session.
        connector_id: The session's connector.
        is_whole: Whether an agent's message is now delivered as a whole.
        is_news: Whether an agent's message is refused, which was not known before.
        stored_at: When the message was stored, in seconds since the epoch.
    """

    session_id: str
    connector_id: str
    is_whole: bool
    is_news: bool
    stored_at: float


class Deliveries:
    """The table ``deliveries``.

    Args:
        database: The database with the table.
    """

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def parts_sent(self, session_id: str, key: str) -> int:
        """Count the parts of a message that were sent.

        Args:
            session_id: The session.
            key: The message's key.
        """
        rows = await self._database.read(
            lambda connection: _SENT.rows(connection, session=session_id, key=key)
        )
        return len(rows)

    async def record(
        self,
        session_id: str,
        key: str,
        part: int,
        *,
        channel: str,
        body: Mapping[str, Any],
        event_id: int | None = None,
        reference: str = "",
        is_confirmed: bool = True,
    ) -> None:
        """Record that a platform has taken a part.

        Args:
            session_id: The session.
            key: The message's key.
            part: The part's number, from 0.
            channel: The name of the Rasa channel.
            body: The part, as output channels take it.
            event_id: The agent's message in the inbox.
            reference: The platform's id; empty if the platform reports nothing later.
            is_confirmed: Whether the platform has confirmed that it delivers the part.
        """
        final = "delivered" if is_confirmed else "unconfirmed"
        row = {
            "session_id": session_id,
            "event_id": event_id,
            "key": key,
            "part": part,
            "channel": channel,
            "reference": reference[:128] or None,
            "state": "taken" if reference else final,
            "body": dict(body) if reference else None,
            "created_at": time.time(),
        }

        def work(connection: Connection) -> None:
            _INSERT.run(connection, [row])

        await self._database.write(work)

    async def unreported(
        self, *, before: float, after: float = 0.0, limit: int = 100
    ) -> list[Delivery]:
        """List parts whose outcome is not known, oldest first.

        Args:
            before: Only those taken before this time, in seconds since the epoch.
            after: Only those taken after this time.
            limit: Largest number.
        """
        query = (
            sa.select(deliveries.c.channel, deliveries.c.reference, deliveries.c.created_at)
            .where(sa.text("state = 'taken'"), deliveries.c.created_at < before)
            .where(deliveries.c.created_at > after)
            .order_by(deliveries.c.created_at)
            .limit(limit)
        )
        return [Delivery(*row) for row in await self._database.rows(query)]

    async def confirm(self, channel: str, reference: str) -> Settled | None:
        """Record that a platform has delivered a part.

        Args:
            channel: The name of the Rasa channel.
            reference: The platform's id.

        Returns:
            The outcome; ``None`` if there is no such part, or its outcome is known.
        """

        def work(connection: Connection) -> Settled | None:
            return _settle(connection, channel, reference, state="delivered")

        return await self._database.write(work)

    async def closed(self, session_id: str) -> str | None:
        """Tell why nothing reaches a session's user before they write; ``None`` if it does.

        Args:
            session_id: The session.
        """
        query = sa.select(deliveries.c.body).where(
            deliveries.c.session_id == session_id, deliveries.c.state == "closed"
        )
        row = await self._database.row(query.limit(1))
        return None if row is None else str(row.body["reason"])

    async def reopen(self, sender_id: str) -> None:
        """Record that a user has written, so that messages may reach them again.

        Args:
            sender_id: The user.
        """
        of_sender = sa.select(sessions.c.id).where(sessions.c.sender_id == sender_id)
        closed = sa.and_(deliveries.c.session_id.in_(of_sender), deliveries.c.state == "closed")
        # Hardly ever is there one: no write for every message.
        if await self._database.row(sa.select(deliveries.c.id).where(closed).limit(1)) is None:
            return
        reopened = sa.update(deliveries).where(closed).values(state="failed", body=None)

        def work(connection: Connection) -> None:
            connection.execute(reopened)

        await self._database.write(work)

    async def fail(
        self,
        channel: str,
        reference: str,
        *,
        reason: str,
        as_words: bool = False,
        is_closed: bool = False,
    ) -> Settled | None:
        """Record that a platform has refused a part after it had taken it.

        The part is pending, in its place; the agent is told, once for each of their messages.

        Args:
            channel: The name of the Rasa channel.
            reference: The platform's id.
            reason: Words for the agent.
            as_words: Whether the part waits as words, with links in place of files.
            is_closed: Whether nothing reaches the user before they write.

        Returns:
            The outcome; ``None`` if there is no such part, or its outcome is known.
        """

        def alone(connection: Connection, _items: Sequence[None]) -> Sequence[Settled | None]:
            state = "closed" if is_closed else "failed"
            failed = {"state": state, "reason": reason}
            return [_settle(connection, channel, reference, **failed, as_words=as_words)]

        return await self._database.write_together(
            alone, None, wake=lambda found: [outbox_topic(found.session_id)] if found else []
        )


def failure_note(reason: str) -> dict[str, Any]:
    """Make the outbox message that tells the agent of a message that was not delivered.

    Args:
        reason: Words for the agent.
    """
    return {"type": "not_delivered", "reason": reason[:_REFUSED_WORDS_LIMIT]}


def add_failure_note(connection: Connection, session_id: str, reason: str) -> None:
    """Tell the agent, after the user's messages so far, that a message was not delivered.

    Args:
        connection: In a transaction.
        session_id: The session.
        reason: Words for the agent.
    """
    row = {
        "session_id": session_id,
        "marker": uuid.uuid4().hex,
        "body": failure_note(reason),
        "created_at": time.time(),
    }
    connection.execute(sa.insert(outbox).values(row))


def _settle(
    connection: Connection,
    channel: str,
    reference: str,
    *,
    state: str,
    reason: str = "",
    as_words: bool = False,
) -> Settled | None:
    query = (
        sa.select(
            *(deliveries.c.id, deliveries.c.session_id, deliveries.c.event_id, deliveries.c.key),
            *(deliveries.c.part, deliveries.c.body, deliveries.c.created_at),
            *(sessions.c.connector_id, sessions.c.sender_id),
        )
        .join(sessions, sessions.c.id == deliveries.c.session_id)
        .where(deliveries.c.channel == channel, deliveries.c.reference == reference, _TAKEN)
        .with_for_update(of=deliveries)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    event = _lock_event(connection, row.event_id)
    is_whole = is_news = False
    if state == "delivered":
        _set_state(connection, row.id, state)
        outcome = "sent" if event is None else outcome_of(connection, event.id)
        is_whole = event is not None and event.state == "sent" and outcome == "done"
    else:
        was_known = event is None or "failed" in {event.state, outcome_of(connection, event.id)}
        is_news, outcome = not was_known, "failed"
        _set_state(connection, row.id, state, reason)
        if event is None or not event.body.get("is_deleted"):
            body = without_files(row.body) if as_words else row.body
            key = f"{row.key}:{row.part}:failed"[-128:]
            insert_pending(connection, row.sender_id, body, key=key, created_at=row.created_at)
        if is_news:
            add_failure_note(connection, row.session_id, reason)
    if event is not None and event.state == "sent" and outcome != "sent":
        values = {"state": outcome, "done_at": time.time()}
        connection.execute(sa.update(inbox).where(inbox.c.id == event.id).values(values))
    return Settled(row.session_id, row.connector_id, is_whole, is_news, row.created_at)


def _lock_event(connection: Connection, event_id: int | None) -> Any:
    """Lock an agent's message, of which several parts may be reported at once; return its row."""
    if event_id is None:
        return None  # the bot's own
    query = sa.select(inbox.c.id, inbox.c.state, inbox.c.body).where(inbox.c.id == event_id)
    return connection.execute(query.with_for_update()).first()


def _set_state(connection: Connection, part_id: int, state: str, reason: str = "") -> None:
    values = {"state": state, "body": {"reason": reason} if state == "closed" else None}
    connection.execute(sa.update(deliveries).where(deliveries.c.id == part_id).values(values))


def outcome_of(connection: Connection, event_id: int) -> str:
    """Tell what became of an agent's message: ``done``, ``failed``, or ``sent`` as yet.

    Args:
        connection: In a transaction.
        event_id: The message in the inbox, all parts of which were sent.
    """
    query = sa.select(deliveries.c.state).where(deliveries.c.event_id == event_id)
    states = {row.state for row in connection.execute(query)}
    if states & {"failed", "closed"}:
        return "failed"
    return "done" if states == {"delivered"} else "sent"
