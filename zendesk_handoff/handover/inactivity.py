"""What a silence calls for: a reminder, an offer, an end. Pure, on a session's times."""

from __future__ import annotations

from dataclasses import dataclass

from zendesk_handoff.domain.responses import BACK_OFFER, STILL_WAITING
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.settings import Timeouts


@dataclass(frozen=True)
class Reminder:
    """What the silence calls for: something to say, or the end.

    Args:
        response: What the user is told.
        ends: Why the session ends instead.
    """

    response: str | None = None
    ends: EndReason | None = None

    @property
    def offers(self) -> bool:
        """Whether the way back to the bot is offered."""
        return self.response == BACK_OFFER


def reminder_due(session: Session, timeouts: Timeouts, *, now: float) -> Reminder | None:
    """Decide what a session's silence calls for now.

    While no agent has come, the wait counts from the connection, whatever the user writes
    meanwhile; after the offer nothing more is said, so that nobody is nagged. With an agent it
    counts from the last message that the other side has not answered.

    Args:
        session: With agents.
        timeouts: The settings.
        now: Seconds since the epoch.
    """
    if session.state is State.WAITING:
        return _while_waiting(session, timeouts, now)
    if session.state is State.ACTIVE:
        return _with_an_agent(session, timeouts, now)
    return None


def _while_waiting(session: Session, timeouts: Timeouts, now: float) -> Reminder | None:
    since = session.connected_at or session.created_at
    if _over(timeouts.waiting_end, since, now):
        return Reminder(ends=EndReason.NO_AGENT)
    if session.offered_at is not None:
        return None
    if _over(timeouts.waiting_offer, since, now):
        return Reminder(BACK_OFFER)
    if _over(timeouts.waiting_reminder, max(since, session.reminded_at or 0.0), now):
        return Reminder(STILL_WAITING)
    return None


def _with_an_agent(session: Session, timeouts: Timeouts, now: float) -> Reminder | None:
    user, agent = session.user_spoke_at or 0.0, session.agent_spoke_at or 0.0
    if user <= agent:
        silent = agent > 0 and _over(timeouts.user_silence_end, agent, now)
        return Reminder(ends=EndReason.USER_SILENT) if silent else None
    if _over(timeouts.agent_silence_end, user, now):
        return Reminder(ends=EndReason.AGENT_SILENT)
    offered = (session.offered_at or 0.0) > user
    if not offered and _over(timeouts.agent_silence_offer, user, now):
        return Reminder(BACK_OFFER)
    return None


def _over(limit: float | None, since: float, now: float) -> bool:
    return limit is not None and now - since >= limit
