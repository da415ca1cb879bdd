"""Sessions in the store: requested once, connected once, ended once."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OPEN_NAMES, Crossing, EndReason, Session, State, Step
from zendesk_handoff.store import session_end
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import is_current, sessions
from zendesk_handoff.store.pending import move_pending
from zendesk_handoff.store.session_queries import SessionQueries
from zendesk_handoff.store.session_rows import check_lease, get_session, open_session
from zendesk_handoff.store.topics import session_topic

#: Seconds for which a request may be taken up. The server that has the conversation in hand hears
#: of it within a tenth of a second or, if the signal was lost, with its next poll, which is due
#: every five seconds. Where there is no such server, the user waits that long for an answer.
TAKE_UP_WITHIN = 5.0


class Sessions(SessionQueries):
    """The table ``sessions``: what is written; ``SessionQueries`` reads.

    Args:
        database: The database with the table.
        owner: This process, which opens only sessions that no other has the lease of.
    """

    def __init__(self, database: Database, *, owner: str):
        """Use a database, as the process ``owner``."""
        super().__init__(database)
        self._owner = owner

    async def request(
        self,
        sender_id: str,
        connector_id: str,
        *,
        workspace: str,
        channel: str,
        reason: str,
        summary: str,
        transcript: Sequence[str] = (),
        profile: Mapping[str, str],
        origins: Mapping[str, str] | None = None,
        subject: str | None = None,
        ticket: Mapping[str, Any] | None = None,
        message: str | None = None,
        take_up_within: float = TAKE_UP_WITHIN,
    ) -> Session:
        """Request a session for a sender, or find the sender's open one.

        Args:
            sender_id: Rasa's id of the user.
            connector_id: The connector to go through.
            workspace: The tenant.
            channel: The Rasa channel.
            reason: Why a human is asked for.
            summary: The message that the agent reads first.
            transcript: What the user and the bot have said, as in ``Session``.
            profile: Known facts about the user, as in ``Session``.
            origins: Who has told them, as in ``Session``.
            subject: The user's proven id, as in ``Session``.
            ticket: The fields of the ticket, as in ``Session``.
            message: What the user leaves while nobody is there, as in ``Session``.
            take_up_within: Seconds for which a Rasa server may take the request up.
        """
        session_id = uuid.uuid4().hex
        row = {
            "id": session_id,
            "connector_id": connector_id,
            "workspace": workspace,
            "sender_id": sender_id,
            "channel": channel,
            "state": State.REQUESTED.value,
            "reason": reason,
            "reference": secrets.token_hex(16),
            "summary": summary,
            "transcript": list(transcript),
            "profile": dict(profile),
            "origins": dict(origins) if origins else None,
            "subject": subject or None,
            "ticket": None if ticket is None else dict(ticket),
            "message": message,
            "created_at": time.time(),
            "take_up_until": self._database.now() + take_up_within,
        }

        def work(connection: Connection) -> Session:
            # A former session whose end is notified waits only for the user's next message. The
            # new session takes its place.
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
            session = open_session(connection, sender_id)
            assert session is not None, "the insert leaves an open session"
            return session

        return await self._database.write(work, wake=[session_topic(session_id)])

    # Opening

    async def begin_step(self, session_id: str, step: Step) -> Session:
        """Record that a step of opening begins; until it is finished its outcome is unknown.

        Raises:
            LeaseLost: Another process has acquired the session.
        """
        values = {"pending_step": step.value, "state": State.OPENING.value}
        return await self._update(session_id, values, only_open=True, only_mine=True)

    async def finish_step(
        self, session_id: str, step: Step, **learned: str | float | None
    ) -> Session:
        """Record that a step is done, with its results.

        Args:
            session_id: The session's id.
            step: The step.
            **learned: ``user_id``, ``conversation_id`` or other columns.

        Raises:
            LeaseLost: Another process has acquired the session.
        """
        values = {"step": step.value, "pending_step": None, **learned}
        return await self._update(session_id, values, only_mine=True)

    async def connect(self, session_id: str, *, has_ticket_to_set: bool = False) -> Session:
        """Record that the agents have control: from here on the user may be notified.

        Args:
            session_id: The session's id.
            has_ticket_to_set: Whether the ticket's fields are to be looked at afterwards.

        Raises:
            LeaseLost: Another process has acquired the session.
        """
        now = time.time()
        return await self._update(
            session_id,
            {
                "state": State.WAITING.value,
                "connected_at": now,
                "ticket_due_at": now if has_ticket_to_set else None,
                "ticket_since": now if has_ticket_to_set else None,
                "reconciled_at": now,
                "pending_step": None,
            },
            only_open=True,
            only_mine=True,
        )

    async def leave_message(self, session_id: str, *, has_ticket_to_set: bool = False) -> Session:
        """Record that the agents have the user's message, which ends the session.

        Args:
            session_id: The session's id.
            has_ticket_to_set: As for ``connect``.

        Raises:
            LeaseLost: Another process has acquired the session.
        """
        now = time.time()
        return await self._update(
            session_id,
            {
                "state": State.ENDED.value,
                "end_reason": EndReason.MESSAGE_LEFT.value,
                "connected_at": now,
                "ticket_due_at": now if has_ticket_to_set else None,
                "ticket_since": now if has_ticket_to_set else None,
                "ended_at": now,
                "pending_step": None,
            },
            only_open=True,
            only_mine=True,
        )

    async def mark_start_notified(self, session_id: str) -> Session:
        """Record that user and tracker know that the session is with the agents."""
        return await self._update(session_id, {"start_notified": True})

    async def fail(self, session_id: str) -> Session:
        """Record that the opening has failed for good; the user is not notified yet.

        The agents get a closing note where there is a conversation already. Messages that the user
        wrote meanwhile are left for the bot.

        Raises:
            LeaseLost: Another process has acquired the session.
        """

        def work(connection: Connection) -> Session:
            check_lease(connection, session_id, self._owner)
            session_end.fail_opening(connection, session_id, end_notified=False)
            return get_session(connection, session_id)

        return await self._database.write(work, wake=[session_topic(session_id)])

    # The conversation

    async def record_agent(
        self, session_id: str, *, agent_id: str, agent_name: str | None
    ) -> Session:
        """Record the agent who wrote last; the first one makes the session active."""
        values = {
            "agent_id": agent_id,
            "agent_name": agent_name,
            "state": State.ACTIVE.value,
            "answered_at": sa.func.coalesce(sessions.c.answered_at, time.time()),
        }
        return await self._update(session_id, values, only_open=True)

    async def record_reminder(self, session_id: str, *, offered: bool) -> Session:
        """Record a reminder to the user, and whether it offers the return to the bot."""
        now = time.time()
        values = {"reminded_at": now, **({"offered_at": now} if offered else {})}
        return await self._update(session_id, values, only_open=True)

    async def change_place(
        self, session_id: str, channel: str, *, address: Mapping[str, Any] | None
    ) -> Session:
        """Record that the user is on another channel now, or at another place in it.

        What waits for the user waits there, too.
        """
        moved = sa.update(sessions).where(sessions.c.id == session_id)

        def work(connection: Connection) -> Session:
            session = get_session(connection, session_id)
            if session.channel != channel:
                move_pending(connection, session.sender_id, session.channel, channel)
            connection.execute(moved.values(channel=channel, address=address))
            return get_session(connection, session_id)

        return await self._database.write(work, wake=[session_topic(session_id)])

    # The end

    async def end(
        self,
        session_id: str,
        reason: EndReason,
        *,
        crossing: Crossing | None = None,
        releases: bool = False,
    ) -> Session:
        """End a session; the first reason is kept.

        Args:
            session_id: The session's id.
            reason: Why it ends.
            crossing: Which of the user's last messages the agents have seen.
            releases: Whether the agents still have control, which is to be released.
        """
        return await self._database.write(
            lambda connection: session_end.end(
                connection, session_id, reason, crossing=crossing, releases=releases
            ),
            wake=[session_topic(session_id)],
        )

    async def end_by_us(
        self, session_id: str, reason: EndReason, *, marker: str | None = None
    ) -> Session:
        """End a session by the plugin, with a closing note after the user's last message.

        Args:
            session_id: The session's id.
            reason: Why it ends; the first reason is kept.
            marker: Marker of the closing note; a new one by default.
        """
        return await self._database.write(
            lambda connection: session_end.end_by_us(connection, session_id, reason, marker=marker),
            wake=[session_topic(session_id)],
        )

    async def mark_end_notified(self, session_id: str, *, asks_rating: bool = False) -> Session:
        """Record that user and tracker know of the end.

        Args:
            session_id: The session's id.
            asks_rating: Whether the user was asked for a rating.
        """
        asked = {"rating_asked_at": time.time()} if asks_rating else {}
        return await self._update(session_id, {"end_notified": True, **asked})

    async def finalize(self, session_id: str) -> None:
        """Record that the bot has started a new Rasa session: no work is left."""
        statement = sa.update(sessions).where(sessions.c.id == session_id).values(finalized=True)

        def work(connection: Connection) -> None:
            connection.execute(statement)  # it may be deleted meanwhile, with old sessions

        await self._database.write(work, wake=[session_topic(session_id)])

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
                check_lease(connection, session_id, self._owner)
            connection.execute(statement)
            return get_session(connection, session_id)

        return await self._database.write(work, wake=[session_topic(session_id)])
