"""Inactivity rules: reminders, the offer to return to the bot, time-outs. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from zendesk_handoff.domain.responses import BACK_OFFER, STILL_WAITING
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.settings import Timeouts


@dataclass(frozen=True)
class InactivityAction:
    """The action on a session's inactivity: a response to the user, or the session's end.

    Args:
        response: The response to send.
        end_reason: The reason for ending the session instead.
    """

    response: str | None = None
    end_reason: EndReason | None = None

    @property
    def is_offer(self) -> bool:
        """Whether the response offers the user to return to the bot."""
        return self.response == BACK_OFFER


def inactivity_action(
    session: Session, timeouts: Timeouts, *, now: float
) -> InactivityAction | None:
    """Choose the action on a session's inactivity that is due now, if any.

    Before an agent has joined, the time counts from the connection, whatever the user writes; after
    the offer there is no further reminder. With an agent, it counts from the last message that the
    other side has not answered.

    Args:
        session: A session with the agents; any other has no action.
        timeouts: The settings.
        now: Seconds since the epoch.
    """
    if session.state is State.WAITING:
        return _while_waiting(session, timeouts, now)
    if session.state is State.ACTIVE:
        return _with_agent(session, timeouts, now)
    return None


def _while_waiting(session: Session, timeouts: Timeouts, now: float) -> InactivityAction | None:
    since = session.connected_at or session.created_at
    if _has_elapsed(timeouts.waiting_end, since, now):
        return InactivityAction(end_reason=EndReason.NO_AGENT)
    if session.offered_at is not None:
        return None
    if _has_elapsed(timeouts.waiting_offer, since, now):
        return InactivityAction(BACK_OFFER)
    if _has_elapsed(timeouts.waiting_reminder, max(since, session.reminded_at or 0.0), now):
        return InactivityAction(STILL_WAITING)
    return None


def _with_agent(session: Session, timeouts: Timeouts, now: float) -> InactivityAction | None:
    user, agent = session.user_spoke_at or 0.0, session.agent_spoke_at or 0.0
    if user <= agent:
        is_silent = agent > 0 and _has_elapsed(timeouts.user_silence_end, agent, now)
        return InactivityAction(end_reason=EndReason.USER_SILENT) if is_silent else None
    if _has_elapsed(timeouts.agent_silence_end, user, now):
        return InactivityAction(end_reason=EndReason.AGENT_SILENT)
    offered = (session.offered_at or 0.0) > user
    if not offered and _has_elapsed(timeouts.agent_silence_offer, user, now):
        return InactivityAction(BACK_OFFER)
    return None


def _has_elapsed(limit: float | None, since: float, now: float) -> bool:
    return limit is not None and now - since >= limit
