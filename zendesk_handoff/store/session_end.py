"""Ends by the plugin: the state of the session and the closing note, in one transaction."""

from __future__ import annotations

import time
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import OPEN_NAMES, Crossing, EndReason, Session, State
from zendesk_handoff.store.engine.schema import is_end_unnotified, is_open, outbox, sessions
from zendesk_handoff.store.session_rows import get_session


def fail_opening(
    connection: Connection, session_id: str, *, end_notified: bool, condition: Any = is_open
) -> bool:
    """Mark a session as failed, if it is open.

    An agent may have seen the conversation, if there is one already: it gets a closing note.

    Args:
        connection: In a transaction.
        session_id: The session's id.
        end_notified: Whether the caller notifies the user.
        condition: What must be true of the session.

    Returns:
        Whether it was marked.
    """
    now = time.time()
    failing = (
        sa.update(sessions)
        .where(sessions.c.id == session_id, condition)
        .values(state=State.FAILED.value, ended_at=now)
    )
    if not connection.execute(failing).rowcount:
        return False
    if end_notified:
        claim_outcome(connection, session_id)
    if get_session(connection, session_id).conversation_id is not None:
        _add_closing_note(connection, session_id, State.FAILED.value, now)
    return True


def claim_outcome(connection: Connection, session_id: str) -> bool:
    """Claim the notification of the outcome, which one process sends to the user.

    It is a failure, or that the agents have a message. A session without a message of the user
    that the bot must answer is finalized.

    Args:
        connection: In a transaction.
        session_id: The session's id.

    Returns:
        Whether the caller is to notify the user.
    """
    this = sessions.c.id == session_id
    decided = sa.or_(
        sessions.c.state == State.FAILED.value,
        sessions.c.end_reason == EndReason.MESSAGE_LEFT.value,
    )
    claim = sa.update(sessions).where(this, decided, is_end_unnotified).values(end_notified=True)
    if not connection.execute(claim).rowcount:
        return False
    unsent = sa.select(outbox.c.body).where(
        outbox.c.session_id == session_id, outbox.c.state == "new"
    )
    if all(row.body["type"] == "closing_note" for row in connection.execute(unsent)):
        connection.execute(sa.update(sessions).where(this).values(finalized=True))
    return True


def end(
    connection: Connection,
    session_id: str,
    reason: EndReason,
    *,
    crossing: Crossing | None = None,
    releases: bool = False,
) -> Session:
    """End a session, if it is open; messages that no agent has seen are left to the bot.

    Args:
        connection: In a transaction.
        session_id: The session's id.
        reason: The first one is kept.
        crossing: Which of the user's last messages the agents have seen.
        releases: Whether the agents still have control, which is to be released.
    """
    now = time.time()
    ended = connection.execute(
        sa.update(sessions)
        .where(sessions.c.id == session_id, sessions.c.state.in_(OPEN_NAMES))
        .values(state=State.ENDED.value, end_reason=reason.value, ended_at=now)
    )
    if ended.rowcount and crossing is not None:
        _sort_out(connection, session_id, crossing)
    if ended.rowcount and releases:
        _add_to_outbox(connection, session_id, {"type": "release"}, now)
    return get_session(connection, session_id)


def _sort_out(connection: Connection, session_id: str, crossing: Crossing) -> None:
    changing = sa.update(outbox).where(outbox.c.session_id == session_id)
    if crossing.seen:
        # Zendesk's response to the post has not been recorded yet.
        seen = changing.where(outbox.c.state == "new", outbox.c.marker.in_(crossing.seen))
        connection.execute(seen.values(state="done", done_at=time.time()))
    is_unseen = outbox.c.marker.in_(crossing.unseen)
    if crossing.released_at is not None:
        is_unseen = sa.or_(is_unseen, outbox.c.created_at > crossing.released_at)
    unseen = changing.where(outbox.c.state == "done", is_unseen)
    connection.execute(unseen.values(state="new", done_at=None))


def end_by_us(
    connection: Connection, session_id: str, reason: EndReason, *, marker: str | None
) -> Session:
    """End a session, if it is open, with a closing note after the user's last message.

    Args:
        connection: In a transaction.
        session_id: The session's id.
        reason: The first one is kept.
        marker: Marker of the closing note; a new one by default.
    """
    now = time.time()
    ended = connection.execute(
        sa.update(sessions)
        .where(sessions.c.id == session_id, sessions.c.state.in_(OPEN_NAMES))
        .values(state=State.ENDED.value, end_reason=reason.value, ended_at=now)
    )
    if ended.rowcount:
        _add_closing_note(connection, session_id, reason.value, now, marker=marker)
    return get_session(connection, session_id)


def _add_closing_note(
    connection: Connection, session_id: str, reason: str, now: float, *, marker: str | None = None
) -> None:
    body = {"type": "closing_note", "reason": reason}
    _add_to_outbox(connection, session_id, body, now, marker=marker)


def _add_to_outbox(
    connection: Connection,
    session_id: str,
    body: dict[str, Any],
    now: float,
    *,
    marker: str | None = None,
) -> None:
    row: dict[str, Any] = {
        "session_id": session_id,
        "marker": marker or uuid.uuid4().hex,
        "body": body,
        "created_at": now,
    }
    connection.execute(sa.insert(outbox).values(row))
