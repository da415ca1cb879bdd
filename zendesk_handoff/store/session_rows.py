"""Queries for sessions, and the reading of their rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.inbox import Candidate
from zendesk_handoff.domain.session import Session, State, Step
from zendesk_handoff.errors import LeaseLost
from zendesk_handoff.store.engine.schema import is_current, is_open, sessions
from zendesk_handoff.store.engine.statement import Statement

_FIELDS = tuple(field.name for field in fields(Session))
# Module constants, because building a statement costs more than running it.
#: Every session, with the columns that ``read_session`` needs.
all_sessions = sa.select(*(sessions.c[name] for name in _FIELDS))
_OF_SENDER = (
    all_sessions.where(sessions.c.sender_id == sa.bindparam("sender"))
    .order_by(sessions.c.created_at.desc())
    .limit(1)
)
#: The session that decides where a sender's messages go: an open one, or one not finalized yet.
current_of_sender = _OF_SENDER.where(is_current)
_NEWEST = Statement(_OF_SENDER)
_CURRENT = Statement(current_of_sender)
_OPEN = Statement(_OF_SENDER.where(is_open))
_BY_ID = Statement(all_sessions.where(sessions.c.id == sa.bindparam("id")))
_CANDIDATES = (
    sa.select(
        *(sessions.c.id, sessions.c.connector_id, sessions.c.conversation_id),
        *(is_open, sessions.c.ended_at),
    )
    .order_by(sessions.c.created_at)
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


def read_session(row: Any) -> Session:
    """Make a session of a row.

    Args:
        row: The columns of ``all_sessions``; others may follow.
    """
    values = dict(zip(_FIELDS, row, strict=False))
    values["state"] = State(values["state"])
    values["step"] = Step(values["step"]) if values["step"] else None
    values["pending_step"] = Step(values["pending_step"]) if values["pending_step"] else None
    return Session(**values)


def find_session(connection: Connection, session_id: str) -> Session | None:
    """Read a session, or ``None`` where there is none with this id."""
    return _first(connection, _BY_ID, id=session_id)


def get_session(connection: Connection, session_id: str) -> Session:
    """Read a session that must be there.

    Raises:
        LookupError: It is not.
    """
    session = find_session(connection, session_id)
    if session is None:
        raise LookupError("There is no such session in the store.")
    return session


def current_session(connection: Connection, sender_id: str) -> Session | None:
    """Read a sender's session that is open, or over and not finalized yet."""
    return _first(connection, _CURRENT, sender=sender_id)


def newest_session(connection: Connection, sender_id: str) -> Session | None:
    """Read a sender's newest session."""
    return _first(connection, _NEWEST, sender=sender_id)


def open_session(connection: Connection, sender_id: str) -> Session | None:
    """Read a sender's open session."""
    return _first(connection, _OPEN, sender=sender_id)


def candidates(
    connection: Connection, conversation_ids: Collection[str], session_ids: Collection[str]
) -> list[Candidate]:
    """Find the sessions that events may concern, of all connectors, oldest first.

    Args:
        connection: To the store.
        conversation_ids: Zendesk's ids.
        session_ids: Ours, from the metadata of the conversations: an event can arrive before the
            response with the conversation's id.
    """
    if not conversation_ids and not session_ids:
        return []
    values = {"conversations": list(conversation_ids), "ids": list(session_ids)}
    return [Candidate(*row) for row in connection.execute(_CANDIDATES, values)]


def check_lease(connection: Connection, session_id: str, owner: str) -> None:
    """Make sure that no other process has taken a session over.

    Args:
        connection: In a transaction.
        session_id: The session's id.
        owner: The id of this process.

    Raises:
        LeaseLost: Another process has the lease.
    """
    holder = sa.select(sessions.c.lease_owner).where(sessions.c.id == session_id).with_for_update()
    if connection.execute(holder).scalar() not in (None, owner):
        raise LeaseLost("Another process has acquired this session.")


def _first(connection: Connection, query: Statement, **values: str) -> Session | None:
    row = query.first(connection, **values)
    return read_session(row) if row else None
