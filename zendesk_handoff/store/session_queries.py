"""What is asked of the sessions in the store."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from zendesk_handoff.domain.session import OPEN_NAMES, Session
from zendesk_handoff.domain.user_ids import legacy_external_id
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.session_rows import (
    all_sessions,
    current_session,
    find_session,
    newest_session,
    read_session,
)


class SessionQueries:
    """Finds sessions; nothing is written.

    Args:
        database: The database with the table.
    """

    def __init__(self, database: Database):
        """Use a database."""
        self._database = database

    async def get(self, session_id: str) -> Session | None:
        """Read a session."""
        return await self._database.read(lambda connection: find_session(connection, session_id))

    async def current(self, sender_id: str) -> Session | None:
        """Find the sender's session that is open, or over and not finalized yet."""
        return await self._database.read(lambda connection: current_session(connection, sender_id))

    async def newest(self, sender_id: str) -> Session | None:
        """Find the sender's newest session, which may have been over for long."""
        return await self._database.read(lambda connection: newest_session(connection, sender_id))

    async def open_in(self, connector_id: str, conversation_id: str) -> Session | None:
        """Find the open session of a conversation.

        Args:
            connector_id: The connector.
            conversation_id: Zendesk's id.
        """
        query = all_sessions.where(
            sessions.c.conversation_id == conversation_id,
            sessions.c.connector_id == connector_id,
            sessions.c.state.in_(OPEN_NAMES),
        )
        row = await self._database.row(query)
        return None if row is None else read_session(row)

    async def by_reference(self, connector_id: str, references: Collection[str]) -> list[Session]:
        """Find the sessions of a connector that have one of some references.

        Args:
            connector_id: The connector; another one's sessions are none of its tickets.
            references: As in ``Session``, from outside.
        """
        query = all_sessions.where(
            sessions.c.reference.in_(list(references)), sessions.c.connector_id == connector_id
        )
        rows = await self._database.rows(query) if references else []
        return [read_session(row) for row in rows]

    async def recent(self, *, limit: int = 50) -> list[Session]:
        """List the newest sessions, open ones first."""
        query = all_sessions.order_by(
            sessions.c.state.not_in(OPEN_NAMES), sessions.c.created_at.desc()
        ).limit(limit)
        rows = await self._database.rows(query)
        return [read_session(row) for row in rows]

    async def known_external_id(self, session: Session) -> str | None:
        """Find the id by which Zendesk knows a session's user from an earlier session.

        Args:
            session: The session. Its own id is kept, should a step of its opening be repeated.
        """
        if session.external_id:
            return session.external_id
        query = (
            sa.select(sessions.c.external_id)
            .where(
                sessions.c.sender_id == session.sender_id,
                sessions.c.channel == session.channel,
                sessions.c.connector_id == session.connector_id,
                sessions.c.user_id.is_not(None),
            )
            .order_by(sessions.c.created_at.desc())
            .limit(1)
        )
        row = await self._database.row(query)
        return None if row is None else row.external_id or legacy_external_id(session.sender_id)

    async def is_superseded(self, session: Session) -> bool:
        """Tell whether a newer session has the same conversation.

        An account without multi-conversations has one conversation for all of a user's sessions.
        """
        query = sa.select(sessions.c.id).where(
            sessions.c.connector_id == session.connector_id,
            sessions.c.conversation_id == session.conversation_id,
            sessions.c.created_at > session.created_at,
        )
        return await self._database.row(query.limit(1)) is not None
