"""The outbox: messages to the agents, stored before they are acknowledged."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import Session
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import outbox, sessions
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.notices import insert_notices, notice_row
from zendesk_handoff.store.session_rows import get_session
from zendesk_handoff.store.topics import inbox_topic, outbox_topic

#: The namespace of the markers that are made from a key (RFC 4122, version 5).
_NAMESPACE = uuid.UUID("6f6e6365-2061-6e64-206f-6e6c79206f6e")
#: A limit above the number of messages in any session.
_UNLIMITED = 1_000_000
# Module constants, because building a statement costs more than running it.
_INSERT = new_rows(outbox, "session_id", "marker", "body", "created_at")
_MARK_SENT = Statement(
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("message"))
    .values(state="done", error=None, done_at=sa.bindparam("now"))
)
_USER_SPOKE = Statement(
    sa.update(sessions)
    .where(sessions.c.id == sa.bindparam("spoken_in"))
    .values(user_spoke_at=sa.bindparam("now"))
)
_UNSENT = Statement(
    sa.select(outbox)
    .where(outbox.c.session_id == sa.bindparam("session"), outbox.c.state == "new")
    .order_by(outbox.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


@dataclass(frozen=True)
class Outgoing:
    """A stored message to the agents.

    Args:
        id: The row's id, by which messages are ordered.
        session_id: The session's id.
        marker: The marker in the message's metadata at Zendesk.
        body: ``{"type": "text", "text": …}``, ``{"type": "upload", "upload_id": …, "name": …}``,
            ``{"type": "media", "media_url": …, "media_type": …}`` or
            ``{"type": "closing_note", "reason": …}``.
        created_at: Seconds since the epoch.
    """

    id: int
    session_id: str
    marker: str
    body: Mapping[str, Any] = field(repr=False)
    created_at: float = 0.0


def marker_of(key: str, part: int) -> str:
    """Make the marker for a part of a message that has a key."""
    return uuid.uuid5(_NAMESPACE, f"{key}:{part}").hex


class Outbox:
    """The table ``outbox``: messages from the user to the agents."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(
        self, session_id: str, bodies: Sequence[Mapping[str, Any]], *, key: str | None = None
    ) -> None:
        """Store messages to the agents, in order; they are committed when this returns.

        Args:
            session_id: The session's id.
            bodies: See ``Outgoing``.
            key: An id of the user's message, if the channel may deliver it twice; messages that
                are stored already are left alone.
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
        _INSERT.run(connection, rows)
        spoke = {row["session_id"]: row["created_at"] for row in rows}
        _USER_SPOKE.run(connection, [{"spoken_in": key, "now": at} for key, at in spoke.items()])
        return [None] * len(messages)

    async def has(self, key: str) -> bool:
        """Tell whether a message with this key is stored, in any session."""
        query = sa.select(outbox.c.id).where(outbox.c.marker == marker_of(key, 0))
        return await self._database.row(query) is not None

    async def finish(self, message: Outgoing) -> None:
        """Record that Zendesk has a message."""
        sent = {"message": message.id, "now": time.time()}
        await self._database.write_together(_mark_sent, sent)

    async def refuse(
        self, messages: Sequence[Outgoing], *, connector_id: str, error: str, notice: str | None
    ) -> None:
        """Record that Zendesk has refused messages of a session, with a notice for the user.

        Args:
            messages: The messages, all of one session.
            connector_id: The session's connector.
            error: The error's text, which never quotes the user.
            notice: The response for the user; ``None`` if it does not concern them.
        """
        now = time.time()
        ids = [message.id for message in messages]
        session_id = messages[0].session_id
        refused = (
            sa.update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(state="failed", error=error, done_at=now)
        )

        def work(connection: Connection) -> None:
            connection.execute(refused)
            if notice is not None:
                row = notice_row(connector_id, session_id, f"refused:{ids[-1]}", notice, now)
                _add_notice(connection, row)

        await self._database.write(work, wake=[inbox_topic(session_id)])

    async def notify_delay(self, session: Session, *, notice: str) -> bool:
        """Add a notice that the oldest message has not reached Zendesk, unless there is one.

        Args:
            session: The session.
            notice: The response for the user.

        Returns:
            Whether it was added.
        """
        now = time.time()

        def work(connection: Connection) -> bool:
            unsent = _UNSENT.first(connection, session=session.id, limit=1)
            current = get_session(connection, session.id)
            if unsent is None or (current.delay_notified_at or 0.0) >= unsent.created_at:
                return False
            name = f"overdue:{unsent.id}"
            _add_notice(connection, notice_row(session.connector_id, session.id, name, notice, now))
            return True

        return await self._database.write(work, wake=[inbox_topic(session.id)])

    async def waiting(self, session_id: str, *, limit: int = _UNLIMITED) -> list[Outgoing]:
        """Read the messages that Zendesk does not have yet, oldest first.

        Args:
            session_id: The session's id.
            limit: Largest number of messages.
        """
        rows = await self._database.read(
            lambda connection: _UNSENT.rows(connection, session=session_id, limit=limit)
        )
        return [_outgoing(row) for row in rows]

    async def all(self, session_id: str) -> list[Outgoing]:
        """Read all messages of a session to the agents, oldest first."""
        query = sa.select(outbox).where(outbox.c.session_id == session_id).order_by(outbox.c.id)
        return [_outgoing(row) for row in await self._database.rows(query)]


def _add_notice(connection: Connection, row: dict[str, Any]) -> None:
    """Add a notice, after which the user does not believe that the messages before it arrived."""
    insert_notices.run(connection, [row])
    connection.execute(
        sa.update(sessions)
        .where(sessions.c.id == row["session_id"])
        .values(delay_notified_at=row["created_at"])
    )


def _mark_sent(connection: Connection, sent: Sequence[dict[str, Any]]) -> Sequence[None]:
    _MARK_SENT.run(connection, sent)
    return [None] * len(sent)


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(row.id, row.session_id, row.marker, row.body, row.created_at)
