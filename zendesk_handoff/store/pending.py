"""What waits for a user whose channel cannot push: it goes with their next request."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import pending_messages
from zendesk_handoff.store.engine.statement import Statement, new_rows

#: Seconds after which an answer that nobody has confirmed is taken for lost with its server.
LOST = 10.0
#: Seconds after which this process, too, takes an answer that it began for lost. No request of a
#: user's takes so long.
_LONGEST_RESPONSE = 300.0
_INSERT = new_rows(pending_messages, "sender_id", "key", "body", "created_at")
_OF_SENDER = (
    pending_messages.c.sender_id == sa.bindparam("sender"),
    pending_messages.c.delivered_at.is_(None),
)
_UNDELIVERED = sa.select(
    pending_messages.c.id, pending_messages.c.body, pending_messages.c.claimed_at
).where(*_OF_SENDER)
#: What waits for a sender: put into no answer, or into one before ``lost`` that never went out.
FREE = sa.select(pending_messages.c.id).where(
    *_OF_SENDER,
    sa.or_(
        pending_messages.c.claimed_at.is_(None),
        pending_messages.c.claimed_at < sa.bindparam("lost"),
    ),
)
_WAITING = Statement(_UNDELIVERED.order_by(pending_messages.c.id))
#: Locked where the database knows locks: of two answers at once only one is given a message.
_CLAIM = Statement(_UNDELIVERED.order_by(pending_messages.c.id).with_for_update())


@dataclass(frozen=True)
class PendingMessage:
    """A message for a user's next request.

    Args:
        id: Its place.
        body: As a Rasa output channel takes it.
    """

    id: int
    body: Mapping[str, Any] = field(repr=False)


class PendingMessages:
    """The table ``pending_messages``.

    A message is given into an answer first, and counts as delivered once the answer has gone out:
    a server that dies in between has not lost it.

    Args:
        database: Where it is.
    """

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database
        self._claimed: dict[int, float] = {}  # and since when, in seconds of the monotonic clock

    async def add(self, sender_id: str, body: Mapping[str, Any], *, key: str | None = None) -> None:
        """Keep a message for the next request.

        Args:
            sender_id: Whose.
            body: As a Rasa output channel takes it.
            key: Names the message; what was held by this name before is not held again.
        """
        row = {"sender_id": sender_id, "key": key, "body": dict(body), "created_at": time.time()}

        def work(connection: Connection) -> None:
            _INSERT.run(connection, [row])

        await self._database.write(work)

    async def claim(self, sender_id: str) -> list[PendingMessage]:
        """Give what is held for a sender, oldest first, into one answer."""
        now = time.time()

        def work(connection: Connection) -> list[PendingMessage]:
            rows = _CLAIM.rows(connection, sender=sender_id)
            # What another answer holds may not have arrived: nothing is to overtake it.
            free = takewhile(lambda row: self._is_free(row, lost=now - LOST), rows)
            found = [PendingMessage(row.id, row.body) for row in free]
            if found:
                ids = [each.id for each in found]
                connection.execute(
                    sa.update(pending_messages)
                    .where(pending_messages.c.id.in_(ids))
                    .values(claimed_at=now)
                )
            return found

        if not await self.has(sender_id):
            return []
        found = await self._database.write(work)
        self._claimed.update({each.id: time.monotonic() for each in found})
        return found

    async def has(self, sender_id: str) -> bool:
        """Tell whether something waits for a sender that could be given now."""
        lost = time.time() - LOST
        rows = await self._database.read(
            lambda connection: _WAITING.rows(connection, sender=sender_id)
        )
        return bool(rows) and self._is_free(rows[0], lost=lost)

    async def release(self, ids: Collection[int]) -> None:
        """Note that the channel did not take them: they are there for the next answer."""
        kept = (
            sa.update(pending_messages)
            .where(pending_messages.c.id.in_(list(ids)))
            .values(claimed_at=None)
        )

        def work(connection: Connection) -> None:
            connection.execute(kept)

        self._forget(ids)
        await self._database.write(work)

    async def mark_delivered(self, ids: Collection[int]) -> None:
        """Note that the answer they were given into has gone out."""
        gone = (
            sa.update(pending_messages)
            .where(pending_messages.c.id.in_(list(ids)))
            .values(delivered_at=time.time())
        )

        def work(connection: Connection) -> None:
            connection.execute(gone)

        await self._database.write(work)
        self._forget(ids)

    def _is_free(self, row: Any, *, lost: float) -> bool:
        """Tell whether no answer holds a message, of this process or of another that lives."""
        since = self._claimed.get(row.id)
        if since is not None:
            return since < time.monotonic() - _LONGEST_RESPONSE
        return row.claimed_at is None or row.claimed_at < lost

    def _forget(self, ids: Collection[int]) -> None:
        for each in ids:
            self._claimed.pop(each, None)
