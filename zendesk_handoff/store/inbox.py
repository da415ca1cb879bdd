"""The inbox: events from Zendesk, stored before the webhook call is acknowledged, and notices."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.inbox import InboxEntry, SessionIndex
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import inbox, sessions
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.session_rows import candidates
from zendesk_handoff.store.topics import inbox_topic

#: A call of the webhook may bring any number of events; a query takes this many ids.
_BATCH_SIZE = 1000

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


class Inbox:
    """The table ``inbox``: messages and events for the user."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(self, entries: Sequence[InboxEntry]) -> list[InboxEntry]:
        """Store entries; they are committed when this returns.

        On SQLite, calls that arrive while the store is busy share one query, insert and commit.

        Args:
            entries: Any number. One without a session id is stored if there is a session that
                accepts it. An event, or a message, that is stored already is left alone.

        Returns:
            Those that are stored, now or earlier, with the ids of their sessions.

        Raises:
            StoreUnavailable: Some or all of them are not stored.
        """
        stored: list[InboxEntry] = []
        for start in range(0, len(entries), _BATCH_SIZE):
            stored += await self._database.write_together(
                _add_all,
                entries[start : start + _BATCH_SIZE],
                wake=lambda added: {inbox_topic(entry.session_id) for entry in added},
            )
        return stored

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


def _add_all(
    connection: Connection, calls: Sequence[Sequence[InboxEntry]]
) -> list[list[InboxEntry]]:
    """Find the sessions of all calls' entries at once, and store the entries that they accept."""
    unassigned = [entry for entries in calls for entry in entries if not entry.session_id]
    index = SessionIndex(
        candidates(
            connection,
            conversation_ids={entry.conversation_id for entry in unassigned},
            session_ids={entry.created_for for entry in unassigned if entry.created_for},
        )
    )
    assigned = [index.assign(entries) for entries in calls]
    now = time.time()
    _INSERT.run(connection, [_row(entry, now) for entries in assigned for entry in entries])
    return assigned


def _row(entry: InboxEntry, now: float) -> dict[str, Any]:
    return {
        "connector_id": entry.connector_id,
        "event_id": entry.event_id,
        "message_id": entry.message_id,
        "session_id": entry.session_id,
        "kind": entry.kind,
        "body": entry.body,
        "sent_at": entry.sent_at,
        "state": "dead" if entry.kind == "dead_letter" else "new",
        "media_token": entry.media_token,
        "created_at": now,
    }


def _incoming(row: Any) -> Incoming:
    return Incoming(
        row.id, row.session_id, row.kind, row.body, row.sent_at, row.media_token, row.created_at
    )
