"""The outbox: messages to the agents, stored before they are acknowledged."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.outbox import OF_THE_PLUGIN
from zendesk_handoff.domain.session import (
    BY_ZENDESK_NAMES,
    OVER_NAMES,
    Session,
    State,
    leaves_messages_to_bot,
)
from zendesk_handoff.errors import LimitReached
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
_DONE = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("message"))
    .values(state="done", error=None, done_at=sa.bindparam("now"))
)
_MARK_DONE = Statement(_DONE)
#: What arrived at Zendesk when the agents had let go already is left to the bot.
_MARK_SENT = Statement(
    _DONE.where(
        ~sa.select(sessions.c.id)
        .where(
            sessions.c.id == outbox.c.session_id,
            sessions.c.state == State.ENDED.value,
            sa.or_(*(sessions.c.end_reason == name for name in BY_ZENDESK_NAMES)),
        )
        .correlate(outbox)
        .exists()
    )
)
_USER_SPOKE = Statement(
    sa.update(sessions)
    .where(sessions.c.id == sa.bindparam("spoken_in"))
    .values(user_spoke_at=sa.bindparam("now"))
)
#: With a row lock where the database has them, so that the session cannot end meanwhile.
_STATE = Statement(
    sa.select(
        sessions.c.state,
        sa.select(sa.func.count())
        .where(outbox.c.session_id == sessions.c.id, outbox.c.state == "new")
        .scalar_subquery()
        .label("waiting"),
    )
    .where(sessions.c.id == sa.bindparam("session"))
    .with_for_update(key_share=True)
)
_END = Statement(
    sa.select(sessions.c.state, sessions.c.end_reason).where(
        sessions.c.id == sa.bindparam("session")
    )
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
        body: ``{"type": "text", "text": …}`` (``payload`` with a choice, ``payload_of_bot`` with
            a button of the bot's, ``is_correction`` with an edit),
            ``{"type": "upload", "upload_id": …, "name": …}``,
            ``{"type": "media", "media_url": …, "media_type": …}``,
            ``{"type": "platform_file", "channel": …, "reference": …, "media_type": …, "name": …}``,
            ``{"type": "place", "latitude": …, "longitude": …, "name": …, "address": …}``,
            ``{"type": "deletion"}``; of the plugin's own ``{"type": "closing_note", "reason": …}``,
            ``{"type": "not_delivered", "reason": …}`` and ``{"type": "release"}``.
        created_at: Seconds since the epoch.
    """

    id: int
    session_id: str
    marker: str
    body: Mapping[str, Any] = field(repr=False)
    created_at: float = 0.0


class _Addition(NamedTuple):
    session_id: str
    rows: list[dict[str, Any]]
    max_waiting: int | None


def marker_of(key: str, part: int) -> str:
    """Make the marker for a part of a message that has a key."""
    return uuid.uuid5(_NAMESPACE, f"{key}:{part}").hex


class Outbox:
    """The table ``outbox``: messages from the user to the agents."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(
        self,
        session_id: str,
        bodies: Sequence[Mapping[str, Any]],
        *,
        key: str | None = None,
        max_waiting: int | None = None,
    ) -> bool:
        """Store messages to the agents, in order; they are committed when this returns.

        Args:
            session_id: The session's id.
            bodies: See ``Outgoing``.
            key: An id of the user's message, if the channel may deliver it twice; messages that
                are stored already are left alone.
            max_waiting: The number of messages that may wait for Zendesk before these.

        Returns:
            Whether they are stored; not if the session has ended meanwhile.

        Raises:
            LimitReached: As many messages wait already.
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
        added = await self._database.write_together(
            self._add_all,
            _Addition(session_id, rows, max_waiting),
            wake=lambda added: [outbox_topic(session_id)] if added else [],
        )
        if added is None and not (key and await self.has(key)):
            raise LimitReached("waiting_messages")
        return added is not False

    def _add_all(
        self, connection: Connection, additions: Sequence[_Addition]
    ) -> Sequence[bool | None]:
        """Add what may be added; the result is false after a session's end, ``None`` over a limit.

        Raised in here, an error would roll back what shares the commit.
        """
        ids = sorted({each.session_id for each in additions})
        found = {each: _STATE.first(connection, session=each) for each in ids}
        over = {each for each, row in found.items() if row is not None and row.state in OVER_NAMES}
        waiting = {each: row.waiting if row is not None else 0 for each, row in found.items()}
        rows: list[dict[str, Any]] = []
        results: list[bool | None] = []
        for each in additions:
            is_full = each.max_waiting is not None and waiting[each.session_id] >= each.max_waiting
            if each.session_id in over or is_full:
                results.append(False if each.session_id in over else None)
                continue
            rows += each.rows
            waiting[each.session_id] += len(each.rows)
            results.append(True)
        _INSERT.run(connection, rows)
        spoke = {row["session_id"]: row["created_at"] for row in rows}
        _USER_SPOKE.run(
            connection,
            [{"spoken_in": key, "now": at} for key, at in spoke.items()],
        )
        answered = {row["session_id"] for row in rows if "payload" in row["body"]}
        if answered:  # nothing is open to choose from any more
            connection.execute(
                sa.update(sessions).where(sessions.c.id.in_(answered)).values(choices=None)
            )
        return results

    async def has(self, key: str) -> bool:
        """Tell whether a message with this key is stored, in any session."""
        query = sa.select(outbox.c.id).where(outbox.c.marker == marker_of(key, 0))
        return await self._database.row(query) is not None

    async def finish(self, message: Outgoing) -> None:
        """Record that Zendesk has a message.

        Args:
            message: One for the agents. If they have ended the session meanwhile, a message of the
                user's is left to the bot.
        """
        sent = {"message": message.id, "now": time.time()}
        is_ours = message.body["type"] in OF_THE_PLUGIN
        await self._database.write_together(_mark_done if is_ours else _mark_sent, sent)

    async def settle(self, message: Outgoing) -> None:
        """Record that nobody waits for a message any more: the bot has answered it, for example.

        Args:
            message: Any.
        """
        settled = {"message": message.id, "now": time.time()}
        await self._database.write_together(_mark_done, settled)

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

    async def waiting(self, session_id: str) -> list[Outgoing]:
        """Read the messages that Zendesk does not have yet, oldest first."""
        rows = await self._database.read(
            lambda connection: _UNSENT.rows(connection, session=session_id, limit=_UNLIMITED)
        )
        return [_outgoing(row) for row in rows]

    async def to_forward(self, session_id: str, *, batch: int) -> tuple[bool, list[Outgoing]]:
        """Read a session's messages to be sent, and whether it leaves those of the user to the bot.

        Args:
            session_id: The session's id.
            batch: Largest number of messages. Of a session that leaves messages to the bot all are
                read: those for the bot stay where they are, and would fill every batch.
        """

        def work(connection: Connection) -> tuple[bool, list[Any]]:
            # In one state of the store; these two values, as reading all of them costs as much as
            # half of a message.
            end = _END.first(connection, session=session_id)
            is_left_to_bot = end is not None and leaves_messages_to_bot(*end)
            limit = _UNLIMITED if is_left_to_bot else batch
            return is_left_to_bot, _UNSENT.rows(connection, session=session_id, limit=limit)

        is_left_to_bot, rows = await self._database.read(work)
        return is_left_to_bot, [_outgoing(row) for row in rows]

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


def _mark_done(connection: Connection, done: Sequence[dict[str, Any]]) -> Sequence[None]:
    _MARK_DONE.run(connection, done)
    return [None] * len(done)


def _mark_sent(connection: Connection, sent: Sequence[dict[str, Any]]) -> Sequence[None]:
    _MARK_SENT.run(connection, sent)
    return [None] * len(sent)


def _outgoing(row: Any) -> Outgoing:
    return Outgoing(row.id, row.session_id, row.marker, row.body, row.created_at)
