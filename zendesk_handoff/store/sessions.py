"""Sessions in the store: begun once, connected once, ended once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OPEN_NAMES, Candidate, EndReason, Session, State, Step
from zendesk_handoff.errors import LeaseLost
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import is_current, is_open, outbox, sessions
from zendesk_handoff.store.engine.statement import Statement

# Made once: making a statement costs more than running it.
#: A ``Session``'s own columns.
whole_sessions = sa.select(*(sessions.c[field.name] for field in fields(Session)))
_BY_ID = Statement(whole_sessions.where(sessions.c.id == sa.bindparam("id")))
_OF_SENDER = (
    whole_sessions.where(sessions.c.sender_id == sa.bindparam("sender"))
    .order_by(sessions.c.created_at.desc())
    .limit(1)
)
#: The session that stands between a sender and the bot, open or just over.
CURRENT = _OF_SENDER.where(is_current)
_CURRENT = Statement(CURRENT)
_OPEN_ONE = Statement(_OF_SENDER.where(is_open))
_CANDIDATES = (
    sa.select(
        *(sessions.c.id, sessions.c.connector_id, sessions.c.conversation_id),
        *(is_open, sessions.c.ended_at),
    )
    .order_by(sessions.c.created_at.desc())
    .where(
        sa.or_(
            sessions.c.conversation_id.in_(sa.bindparam("conversations", expanding=True)),
            sa.and_(
                sessions.c.id.in_(sa.bindparam("ids", expanding=True)),
                sessions.c.conversation_id.is_(None),
            ),
        )
    )
)


def topic(session_id: str) -> str:
    """Name the signal that there is something to do for a session, on either side."""
    return f"session:{session_id}"


def outbox_topic(session_id: str) -> str:
    """Name the signal that something waits to go to the agents."""
    return f"outbox:{session_id}"


def inbox_topic(session_id: str) -> str:
    """Name the signal that something has come for the user."""
    return f"inbox:{session_id}"


class Sessions:
    """The table ``sessions``.

    Args:
        database: Where it is.
        owner: This process, which owns what it begins.
        lease: Seconds for which it does.
    """

    def __init__(self, database: Database, *, owner: str, lease: float):
        """Name the owner."""
        self._database = database
        self._owner = owner
        self._lease = lease

    async def request(
        self,
        sender_id: str,
        connector_id: str,
        *,
        workspace: str,
        channel: str,
        reason: str,
        summary: str,
        profile: Mapping[str, str],
    ) -> Session:
        """Begin a session, or find the one that is open for this sender.

        The new session belongs to the caller's process.

        Args:
            sender_id: Rasa's id of the user.
            connector_id: The connector to go through.
            workspace: The tenant.
            channel: The Rasa channel.
            reason: Why a human is asked for.
            summary: What the agent reads first.
            profile: What is known of the user.
        """
        now = time.time()
        session_id = uuid.uuid4().hex
        row = {
            "id": session_id,
            "connector_id": connector_id,
            "workspace": workspace,
            "sender_id": sender_id,
            "channel": channel,
            "state": State.REQUESTED.value,
            "reason": reason,
            "summary": summary,
            "profile": dict(profile),
            "created_at": now,
            "lease_owner": self._owner,
            "lease_expires_at": self._database.now() + self._lease,
        }

        def work(connection: Connection) -> Session:
            # An older session that only waited for the user's next message is over now.
            connection.execute(
                sa.update(sessions)
                .where(
                    sessions.c.sender_id == sender_id,
                    is_current,
                    sessions.c.end_notified,
                    sessions.c.state.not_in(OPEN_NAMES),
                )
                .values(finalized=True)
            )
            connection.execute(self._database.insert_new(sessions).values(row))
            session = _first(connection, _OPEN_ONE, sender=sender_id)
            assert session is not None, "the insert left one that is open"
            return session

        return await self._database.write(work, wake=[topic(session_id)])

    async def get(self, session_id: str) -> Session | None:
        """Read a session."""

        def look(connection: Connection) -> Session | None:
            return _first(connection, _BY_ID, id=session_id)

        return await self._database.read(look)

    async def current(self, sender_id: str) -> Session | None:
        """Find the session that stands between this sender and the bot, open or just over."""
        return await self._database.read(lambda connection: current_session(connection, sender_id))

    async def recent(self, *, limit: int = 50) -> list[Session]:
        """List the newest sessions, open ones first."""
        query = whole_sessions.order_by(
            sessions.c.state.not_in(OPEN_NAMES), sessions.c.created_at.desc()
        ).limit(limit)
        rows = await self._database.rows(query)
        return [Session.from_row(row) for row in rows]

    # Opening

    async def begin_step(self, session_id: str, step: Step) -> Session:
        """Note that a step of opening is about to be tried.

        Raises:
            LeaseLost: Another process goes on with it.
        """
        values = {"pending_step": step.value, "state": State.OPENING.value}
        return await self._update(session_id, values, only_open=True, only_mine=True)

    async def finish_step(
        self, session_id: str, step: Step, **learned: str | float | None
    ) -> Session:
        """Note that a step is done, and what was learned by it.

        Args:
            session_id: Which session.
            step: The step.
            **learned: ``user_id``, ``conversation_id`` or other columns.

        Raises:
            LeaseLost: Another process goes on with it.
        """
        values = {"step": step.value, "pending_step": None, **learned}
        return await self._update(session_id, values, only_mine=True)

    async def connect(self, session_id: str) -> Session:
        """Note that the agents have control: from here on the user may be told so.

        Raises:
            LeaseLost: Another process goes on with it.
        """
        now = time.time()
        return await self._update(
            session_id,
            {
                "state": State.WAITING.value,
                "connected_at": now,
                "reconciled_at": now,
                "pending_step": None,
            },
            only_open=True,
            only_mine=True,
        )

    async def mark_start_notified(self, session_id: str) -> Session:
        """Note that user and tracker know of the agents."""
        return await self._update(session_id, {"start_notified": True})

    async def fail(self, session_id: str, *, end_notified: bool) -> Session:
        """Note that no agent could be reached, for good.

        Where there is a conversation already, an agent may have seen it: they are told that nobody
        is there. What the user wrote meanwhile is left for the bot.

        Args:
            session_id: Which session.
            end_notified: Whether the caller tells the user, as the action does.

        Raises:
            LeaseLost: Another process goes on with it.
        """
        now = time.time()
        mine = sessions.c.id == session_id
        failing = (
            sa.update(sessions)
            .where(mine, is_open)
            .values(state=State.FAILED.value, ended_at=now, end_notified=end_notified)
        )
        note = _closing_note(session_id, State.FAILED.value, now)
        waits = sa.select(outbox.c.id).where(
            outbox.c.session_id == session_id, outbox.c.state == "new"
        )

        def work(connection: Connection) -> Session:
            self._check_lease(connection, session_id)
            if connection.execute(failing).rowcount:
                answered = connection.execute(waits).first() is None
                if end_notified and answered:
                    connection.execute(sa.update(sessions).where(mine).values(finalized=True))
                if _one(connection, session_id).conversation_id is not None:
                    connection.execute(sa.insert(outbox).values(note))
            return _one(connection, session_id)

        return await self._database.write(work, wake=[topic(session_id)])

    # The conversation

    async def record_agent(
        self, session_id: str, *, agent_id: str, agent_name: str | None
    ) -> Session:
        """Note which agent speaks; the first one makes the session active."""
        return await self._update(
            session_id,
            {"agent_id": agent_id, "agent_name": agent_name, "state": State.ACTIVE.value},
            only_open=True,
        )

    async def record_reminder(self, session_id: str, *, offered: bool) -> Session:
        """Note that the user is being told of the silence, and whether the bot is offered."""
        now = time.time()
        values = {"reminded_at": now, **({"offered_at": now} if offered else {})}
        return await self._update(session_id, values, only_open=True)

    async def change_channel(self, session_id: str, channel: str) -> Session:
        """Note that the user is on another channel now."""
        return await self._update(session_id, {"channel": channel})

    async def is_superseded(self, session: Session) -> bool:
        """Tell whether a newer session has a session's conversation.

        An account without multi-conversations has one conversation for all of a user's sessions.
        """
        query = sa.select(sessions.c.id).where(
            sessions.c.connector_id == session.connector_id,
            sessions.c.conversation_id == session.conversation_id,
            sessions.c.created_at > session.created_at,
        )
        return await self._database.row(query.limit(1)) is not None

    # The end

    async def end(self, session_id: str, reason: EndReason) -> Session:
        """End a session; the first reason stands.

        Args:
            session_id: Which session.
            reason: Why.
        """
        return await self._update(
            session_id,
            {"state": State.ENDED.value, "end_reason": reason.value, "ended_at": time.time()},
            only_open=True,
        )

    async def end_by_us(
        self, session_id: str, reason: EndReason, *, marker: str | None = None
    ) -> Session:
        """End a session from our side, and put it after the user's last message to say so.

        Args:
            session_id: Which session.
            reason: Why.
            marker: Our mark on what the agents are told; made up by default.
        """
        now = time.time()
        note = _closing_note(session_id, reason.value, now)
        if marker is not None:
            note["marker"] = marker

        def work(connection: Connection) -> Session:
            ended = connection.execute(
                sa.update(sessions)
                .where(sessions.c.id == session_id, sessions.c.state.in_(OPEN_NAMES))
                .values(state=State.ENDED.value, end_reason=reason.value, ended_at=now)
            )
            if ended.rowcount:
                connection.execute(sa.insert(outbox).values(note))
            return _one(connection, session_id)

        return await self._database.write(work, wake=[topic(session_id)])

    async def mark_end_notified(self, session_id: str) -> Session:
        """Note that the user knows of the end."""
        return await self._update(session_id, {"end_notified": True})

    async def finalize(self, session_id: str) -> None:
        """Note that the bot has begun a new Rasa session: nothing is left to do."""
        await self._update(session_id, {"finalized": True})

    async def _update(
        self,
        session_id: str,
        values: Mapping[str, Any],
        *,
        only_open: bool = False,
        only_mine: bool = False,
    ) -> Session:
        statement = sa.update(sessions).where(sessions.c.id == session_id).values(**values)
        if only_open:
            statement = statement.where(sessions.c.state.in_(OPEN_NAMES))

        def work(connection: Connection) -> Session:
            if only_mine:
                self._check_lease(connection, session_id)
            connection.execute(statement)
            return _one(connection, session_id)

        return await self._database.write(work, wake=[topic(session_id)])

    def _check_lease(self, connection: Connection, session_id: str) -> None:
        """Make sure that nobody has taken a session over while this process was held up."""
        owner = (
            sa.select(sessions.c.lease_owner).where(sessions.c.id == session_id).with_for_update()
        )
        if connection.execute(owner).scalar() not in (None, self._owner):
            raise LeaseLost("Another process has gone on with this session.")


def candidates(
    connection: Connection, conversation_ids: Collection[str], session_ids: Collection[str]
) -> list[Candidate]:
    """Find the sessions that events may speak of, of all connectors, newest first.

    Args:
        connection: To the store.
        conversation_ids: Zendesk's ids.
        session_ids: Ours, as the conversations' metadata gives them: an event can arrive before
            the answer that told us the conversation's id.
    """
    given = {"conversations": list(conversation_ids), "ids": list(session_ids)}
    return [Candidate(*row) for row in connection.execute(_CANDIDATES, given)]


def current_session(connection: Connection, sender_id: str) -> Session | None:
    """Read the session that stands between a sender and the bot, open or just over."""
    return _first(connection, _CURRENT, sender=sender_id)


def _closing_note(session_id: str, reason: str, now: float) -> dict[str, Any]:
    """Make the row of the outbox that tells the agents of an end from our side."""
    return {
        "session_id": session_id,
        "marker": uuid.uuid4().hex,
        "body": {"type": "closing_note", "reason": reason},
        "created_at": now,
    }


def _first(connection: Connection, query: Statement, **values: str) -> Session | None:
    row = query.first(connection, **values)
    return Session.from_row(row) if row else None


def _one(connection: Connection, session_id: str) -> Session:
    session = _first(connection, _BY_ID, id=session_id)
    if session is None:
        raise LookupError("There is no such session in the store.")
    return session
