"""Pending messages: for users whose channel cannot push, sent with their next request."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import inbox, pending_messages, sessions
from zendesk_handoff.store.engine.statement import Statement, new_rows

#: Seconds after which another process's claim expires: its server is assumed to have died.
CLAIM_EXPIRES = 10.0
#: Seconds after which a claim of this process expires, longer than any user's request takes.
_OWN_CLAIM_EXPIRES = 300.0
#: The beginning of the keys of agents' messages: Zendesk's id follows, and the part's number.
_AGENTS = "zendesk:"
_INSERT = new_rows(pending_messages, "sender_id", "channel", "key", "body", "created_at")
#: The channel of a sender's newest session, to which every message of the plugin's belongs.
_CHANNEL = Statement(
    sa.select(sessions.c.channel)
    .where(sessions.c.sender_id == sa.bindparam("sender"))
    .order_by(sessions.c.created_at.desc())
    .limit(1)
)
_OF_SENDER = (
    pending_messages.c.sender_id == sa.bindparam("sender"),
    pending_messages.c.delivered_at.is_(None),
)
#: Without a channel, a message belongs to the sender on any.
_ON_CHANNEL = sa.func.coalesce(pending_messages.c.channel, "").in_(
    ["", sa.bindparam("channel", type_=sa.Text)]
)
_UNDELIVERED = sa.select(
    pending_messages.c.id, pending_messages.c.body, pending_messages.c.claimed_at
).where(*_OF_SENDER, _ON_CHANNEL)
#: A sender's undelivered messages without a claim, or with one from before ``expired``.
claimable = sa.select(pending_messages.c.id).where(
    *_OF_SENDER,
    sa.or_(
        pending_messages.c.claimed_at.is_(None),
        pending_messages.c.claimed_at < sa.bindparam("expired"),
    ),
)
#: A message that its channel has refused late keeps its place before those that came after it.
_IN_ORDER = _UNDELIVERED.order_by(pending_messages.c.created_at, pending_messages.c.id)
_WAITING = Statement(_IN_ORDER)
#: With row locks where the database has them, so that only one of two responses gets a message.
_CLAIM = Statement(_IN_ORDER.with_for_update())


@dataclass(frozen=True)
class PendingMessage:
    """A message for a user's next request.

    Args:
        id: The row's id, by which messages are ordered.
        body: The message as Rasa's output channels take it.
    """

    id: int
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class PendingDelivery:
    """An agent's message that has waited for the user's request, and was delivered with it.

    Args:
        connector_id: The connector of its session.
        stored_at: When it was stored, in seconds since the epoch.
    """

    connector_id: str
    stored_at: float


class PendingMessages:
    """The table ``pending_messages``.

    A response claims a message first, and marks it as delivered once it has been sent: a server
    that dies in between does not lose the message.

    Args:
        database: The database with the table.
    """

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database
        self._claimed: dict[int, float] = {}  # id: time of the claim, by the monotonic clock

    async def add(self, sender_id: str, body: Mapping[str, Any], *, key: str | None = None) -> None:
        """Store a message for the next request.

        Args:
            sender_id: The user's id.
            body: The message as Rasa's output channels take it.
            key: An id of the message; a second message with the same id is not stored.
        """

        def work(connection: Connection) -> None:
            insert_pending(connection, sender_id, body, key=key)

        await self._database.write(work)

    async def claim(self, sender_id: str, channel: str) -> list[PendingMessage]:
        """Claim the undelivered messages of a sender for one response, oldest first.

        Args:
            sender_id: The user's id.
            channel: The Rasa channel of the response.

        Returns:
            The messages before the first one that another response has claimed.
        """
        now = time.time()

        def work(connection: Connection) -> list[PendingMessage]:
            rows = _CLAIM.rows(connection, sender=sender_id, channel=channel)
            # A message that another response has claimed may not have arrived yet: later messages
            # must not overtake it.
            free = takewhile(lambda row: self._is_claimable(row, now=now), rows)
            claimed = [PendingMessage(row.id, row.body) for row in free]
            if claimed:
                ids = [each.id for each in claimed]
                connection.execute(
                    sa.update(pending_messages)
                    .where(pending_messages.c.id.in_(ids))
                    .values(claimed_at=now)
                )
            return claimed

        if not await self.has(sender_id, channel):
            return []
        claimed = await self._database.write(work)
        self._claimed.update({each.id: time.monotonic() for each in claimed})
        return claimed

    async def has(self, sender_id: str, channel: str) -> bool:
        """Tell whether a sender has a message that could be claimed now on a channel."""
        rows = await self._database.read(
            lambda connection: _WAITING.rows(connection, sender=sender_id, channel=channel)
        )
        return bool(rows) and self._is_claimable(rows[0], now=time.time())

    async def release(self, ids: Collection[int]) -> None:
        """Release claimed messages that were not sent: the next response can claim them."""
        released = (
            sa.update(pending_messages)
            .where(pending_messages.c.id.in_(list(ids)))
            .values(claimed_at=None)
        )

        def work(connection: Connection) -> None:
            connection.execute(released)

        self._forget(ids)
        await self._database.write(work)

    async def mark_delivered(
        self, ids: Collection[int], *, is_confirmed: bool = True
    ) -> list[PendingDelivery]:
        """Record that the response with claimed messages has been sent.

        Args:
            ids: Of the messages.
            is_confirmed: Whether it is certain that their user has got them.

        Returns:
            The agents' messages of which the last part is delivered with this.
        """
        of_ids = pending_messages.c.id.in_(list(ids))
        delivered = sa.update(pending_messages).where(of_ids).values(delivered_at=time.time())
        of_agents = sa.select(pending_messages.c.sender_id, pending_messages.c.key).where(
            of_ids, pending_messages.c.key.startswith(_AGENTS)
        )

        def work(connection: Connection) -> list[PendingDelivery] | None:
            connection.execute(delivered)
            if not is_confirmed:
                return None
            rows = connection.execute(of_agents)
            whole = {(row.sender_id, row.key.rpartition(":")[0]) for row in rows}
            found = (_finish(connection, *each) for each in sorted(whole))
            return [each for each in found if each is not None] or None

        finished = await self._database.write(work)
        self._forget(ids)
        return finished or []

    def _is_claimable(self, row: Any, *, now: float) -> bool:
        """Tell whether no response has claimed a message, or the claim has expired."""
        since = self._claimed.get(row.id)
        if since is not None:
            return since < time.monotonic() - _OWN_CLAIM_EXPIRES
        return row.claimed_at is None or row.claimed_at < now - CLAIM_EXPIRES

    def _forget(self, ids: Collection[int]) -> None:
        for each in ids:
            self._claimed.pop(each, None)


def parts_of(sender_id: str, key: str) -> tuple[Any, ...]:
    """Make the conditions of the undelivered parts of a message.

    Args:
        sender_id: The user's id.
        key: The key of the whole message.
    """
    return (
        pending_messages.c.sender_id == sender_id,
        pending_messages.c.delivered_at.is_(None),
        pending_messages.c.key.startswith(f"{key}:"[-128:], autoescape=True),
    )


def was_given(connection: Connection, event_id: int) -> bool:
    """Tell whether an agent's message has waited for its user's request, and was delivered.

    Args:
        connection: In a transaction.
        event_id: The message in the inbox.
    """
    query = (
        sa.select(inbox.c.message_id, sessions.c.sender_id)
        .join(sessions, sessions.c.id == inbox.c.session_id)
        .where(inbox.c.id == event_id)
    )
    row = connection.execute(query).first()
    if row is None or row.message_id is None:
        return False
    parts = sa.select(pending_messages.c.delivered_at).where(
        pending_messages.c.sender_id == row.sender_id,
        pending_messages.c.key.startswith(f"{_AGENTS}{row.message_id}:", autoescape=True),
    )
    times = [part.delivered_at for part in connection.execute(parts)]
    return bool(times) and None not in times


def _finish(connection: Connection, sender_id: str, key: str) -> PendingDelivery | None:
    """Finish an agent's message in the inbox if none of its parts waits any more."""
    query = (
        sa.select(inbox.c.id, inbox.c.state, inbox.c.connector_id, inbox.c.created_at)
        .join(sessions, sessions.c.id == inbox.c.session_id)
        .where(sessions.c.sender_id == sender_id)
        .where(inbox.c.message_id == key.removeprefix(_AGENTS))
        # Also where it is not recorded yet that all parts are stored: that comes after this, then.
        .with_for_update(of=inbox)
    )
    event = connection.execute(query).first()
    if event is None or event.state != "sent":
        return None
    waiting = sa.select(pending_messages.c.id).where(*parts_of(sender_id, key))
    if connection.execute(waiting.limit(1)).first() is not None:
        return None
    done = {"state": "done", "done_at": time.time()}
    connection.execute(sa.update(inbox).where(inbox.c.id == event.id).values(done))
    return PendingDelivery(event.connector_id, event.created_at)


def insert_pending(
    connection: Connection,
    sender_id: str,
    body: Mapping[str, Any],
    *,
    key: str | None,
    created_at: float | None = None,
) -> None:
    """Store a message for the next request; a second one with the same key is left out.

    Args:
        connection: In a transaction.
        sender_id: The user's id.
        body: The message as Rasa's output channels take it.
        key: An id of the message.
        created_at: Its place among the others, in seconds since the epoch; by default now.
    """
    at = time.time() if created_at is None else created_at
    session = _CHANNEL.first(connection, sender=sender_id)
    row = {
        "sender_id": sender_id,
        "channel": session.channel if session else None,
        "key": key,
        "body": dict(body),
        "created_at": at,
    }
    _INSERT.run(connection, [row])


def move_pending(connection: Connection, sender_id: str, old: str, new: str) -> None:
    """Let a sender's undelivered messages wait on another channel.

    Args:
        connection: In a transaction.
        sender_id: The user's id.
        old: The channel that the user has left.
        new: The channel that the user is on.
    """
    undelivered = sa.update(pending_messages).where(
        pending_messages.c.sender_id == sender_id,
        pending_messages.c.delivered_at.is_(None),
        pending_messages.c.channel == old,
    )
    connection.execute(undelivered.values(channel=new))
