"""Conditions for sessions that are due: work is left, or a timeout may have passed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from zendesk_handoff.domain.session import OPENING_NAMES, OVER_NAMES, WITH_AGENTS_NAMES, State
from zendesk_handoff.settings import Timeouts
from zendesk_handoff.store.engine.schema import (
    inbox,
    is_end_unnotified,
    is_undelivered,
    is_undelivered_in_outbox,
    outbox,
    sessions,
)


def has_work() -> Any:
    """Build the condition that a message, a step of opening or a notification is left to do."""
    connected = sa.and_(sessions.c.state.in_(WITH_AGENTS_NAMES), ~sessions.c.start_notified)
    with_work = sa.union(
        # Messages written while an opening failed are for the bot, not for the agents.
        sa.select(outbox.c.session_id)
        .join(sessions, sessions.c.id == outbox.c.session_id)
        .where(
            is_undelivered_in_outbox,
            outbox.c.state == "new",
            sa.or_(sessions.c.state != State.FAILED.value, sessions.c.conversation_id.is_not(None)),
        ),
        sa.select(inbox.c.session_id).where(is_undelivered, inbox.c.state == "new"),
        sa.select(sessions.c.id).where(
            is_end_unnotified,
            sa.or_(
                sessions.c.state.in_(OVER_NAMES), sessions.c.state.in_(OPENING_NAMES), connected
            ),
        ),
    ).subquery()
    return sessions.c.id.in_(sa.select(with_work.c[0]))


def may_be_inactive(timeouts: Timeouts, *, now: float, latest: Callable[..., Any]) -> Any:
    """Build the condition that a timeout may have passed in a session with agents.

    The rules mirror ``zendesk_handoff.handover.inactivity``, which decides.

    Args:
        timeouts: The settings.
        now: Seconds since the epoch.
        latest: Builds the greatest of several values, as the database's own function does.

    Returns:
        The condition, or ``None`` if no timeout is set.
    """

    def time_of(column: Any) -> Any:
        return sa.func.coalesce(column, 0.0)

    row = sessions.c
    waiting = row.state == State.WAITING.value
    not_offered = row.offered_at.is_(None)
    reminded = latest(time_of(row.connected_at), time_of(row.reminded_at))
    active = row.state == State.ACTIVE.value
    user, agent = time_of(row.user_spoke_at), time_of(row.agent_spoke_at)
    unanswered = user > agent
    not_offered_since = time_of(row.offered_at) <= user
    rules = (
        (timeouts.waiting_end, row.connected_at, waiting),
        (timeouts.waiting_offer, row.connected_at, sa.and_(waiting, not_offered)),
        (timeouts.waiting_reminder, reminded, sa.and_(waiting, not_offered)),
        (timeouts.agent_silence_end, user, sa.and_(active, unanswered)),
        (timeouts.agent_silence_offer, user, sa.and_(active, unanswered, not_offered_since)),
        (timeouts.user_silence_end, agent, sa.and_(active, ~unanswered, agent > 0)),
    )
    passed = [
        sa.and_(condition, since <= now - limit)
        for limit, since, condition in rules
        if limit is not None
    ]
    return sa.and_(is_end_unnotified, row.start_notified, sa.or_(*passed)) if passed else None
