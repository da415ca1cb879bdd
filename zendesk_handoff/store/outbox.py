"""What goes to the agents, kept before it is acknowledged."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import State
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import inbox, outbox, sessions
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.inbox import INTO_NOTICES, notice_row
from zendesk_handoff.store.sessions import inbox_topic, outbox_topic

_KEYS = uuid.UUID("6f6e6365-2061-6e64-206f-6e6c79206f6e")
#: More than any session has.
_ALL = 1_000_000
# Made once: making a statement costs more than running it.
_INTO_OUTBOX = new_rows(outbox, "session_id", "marker", "body", "created_at")
_SENT = Statement(
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
_OVERDUE = Statement(
    sa.select(outbox.c.id, outbox.c.session_id, sessions.c.connector_id)
    .join(_HEADS, _HEADS.c.id == outbox.c.id)
    .join(sessions, sessions.c.id == outbox.c.session_id)
    .where(
        outbox.c.created_at < sa.bindparam("before"),
        sa.or_(sessions.c.state == State.WAITING.value, sessions.c.state == State.ACTIVE.value),
        sessions.c.start_notified,
        ~_TOLD_SINCE.exists(),
    )
)


@dataclass(frozen=True)
class Outgoing:
    """Something for the agents.

    Args:
        id: Its place in the order.
        session_id: Whose it is.
        marker: Our mark on it in Zendesk.
        body: ``{"type": "text", "text": …}``, ``{"type": "upload", "upload_id": …}``,
            ``{"type": "image" or "file", "media_url": …}`` or ``{"type": "closing_note"}``.
        created_at: Seconds since the epoch.
    """

    id: int
    session_id: str
    marker: str
    body: Mapping[str, Any] = field(repr=False)
    created_at: float = 0.0


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
        self, messages: Sequence[Outgoing], *, connector_id: str, error: str, notice: str | None
    ) -> None:
        """Note that Zendesk will not have messages of a session, and that the user must hear of it.

        Args:
            messages: Which ones, of one session.
            connector_id: The session's.
            error: Why they were refused; the error's text, which never quotes the user.
            notice: The response that tells the user, where it concerns them.
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
                telling = notice_row(connector_id, session_id, f"refused:{ids[-1]}", notice, now)
                INTO_NOTICES.run(connection, [telling])

        await self._database.write(work, wake=[inbox_topic(session_id)])

    async def notify_overdue(self, *, before: float, notice: str) -> list[str]:
        """Let users hear, once, that what they wrote has not reached the agents yet.

        Args:
            before: Seconds since the epoch; what was written later is not late.
            notice: The response that tells them.

        Returns:
            The sessions in which that is so.
        """

        def look(connection: Connection) -> list[Any]:
            return _OVERDUE.rows(connection, before=before)

        late = await self._database.read(look)
        if late:
            now = time.time()
            rows = [
                notice_row(row.connector_id, row.session_id, f"late:{row.id}", notice, now)
                for row in late
            ]
            await self._database.write(
                lambda connection: INTO_NOTICES.run(connection, rows),
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


def _note_sent(connection: Connection, sent: Sequence[dict[str, Any]]) -> Sequence[None]:
    _SENT.run(connection, sent)
    return [None] * len(sent)


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(row.id, row.session_id, row.marker, row.body, row.created_at)
