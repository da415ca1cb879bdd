"""What is due for a session, in both directions: the one place that decides. No I/O."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from zendesk_handoff.domain.session import ACTION_GRACE, EndReason, Session, State, Work
from zendesk_handoff.settings import Settings, Timeouts

#: The deadline of a session to which no inactivity rule applies.
NEVER = 1e12


class Task(enum.Enum):
    """One piece of work on a session."""

    # Towards the agents.
    OPEN = "open"
    EXPIRE = "expire"
    FAIL = "fail"
    FORWARD = "forward"
    DISCARD = "discard"
    # Towards the user.
    NOTIFY_START = "notify start"
    NOTIFY_DELAY = "notify delay"
    DELIVER = "deliver"
    REMIND = "remind"
    OFFER = "offer"
    END = "end"
    NOTIFY_END = "notify end"
    RELEASE = "release"


@dataclass(frozen=True)
class Due:
    """The next task in each direction, ``None`` where there is none now.

    Args:
        to_agents: The agents' side. It never waits for the user's.
        to_user: The user's side.
        has_connector: Whether this process can work towards the agents. If not, it leaves the
            session to one that can.
    """

    to_agents: Task | None
    to_user: Task | None
    has_connector: bool = True


#: Tasks that acquire the lease themselves, or need none: any process may expire a request.
WITHOUT_LEASE = frozenset({Task.OPEN, Task.EXPIRE, Task.FORWARD, Task.RELEASE})


def due(
    work: Work, settings: Settings, *, now: float, in_hand: bool = False, has_model: bool = True
) -> Due:
    """Decide what this process is to do for a session.

    Args:
        work: The session, with what waits for it.
        settings: The plugin's settings, with the connectors that this process has.
        now: Seconds since the epoch.
        in_hand: Whether this process handles a message of the session's user at this moment.
        has_model: Whether this process has a bot, with a tracker.
    """
    has_connector = work.session.connector_id in settings.connectors
    return Due(
        _to_agents(work, settings, now, in_hand=in_hand, has_connector=has_connector),
        _to_user(work, settings.timeouts, now, has_model=has_model),
        has_connector,
    )


def deadline_to_record(session: Session, timeouts: Timeouts, *, now: float) -> float | None:
    """Decide which ``next_deadline`` is to be recorded for a session, if any.

    One that has become later is recorded once the former one has passed: until then the session is
    looked at once too often, and a message costs no write.

    Args:
        session: The session, as last read.
        timeouts: The settings.
        now: Seconds since the epoch.
    """
    if not session.is_open or not session.start_notified:
        return None  # the poll finds it without a deadline
    recorded = session.next_deadline
    deadline = min((at for at, _ in _inactivity(session, timeouts)), default=NEVER)
    return deadline if deadline < recorded or recorded <= now < deadline else None


def inactivity_reason(session: Session) -> EndReason:
    """Return the reason for which inactivity ends a session.

    Args:
        session: A session for which ``END`` is due.
    """
    if session.state is State.WAITING:
        return EndReason.NO_AGENT
    return EndReason.AGENT_SILENT if _is_unanswered(session) else EndReason.USER_SILENT


def _to_agents(
    work: Work, settings: Settings, now: float, *, in_hand: bool, has_connector: bool
) -> Task | None:
    session = work.session
    if session.state is State.REQUESTED:
        if in_hand and has_connector:
            return Task.OPEN
        return Task.EXPIRE if session.take_up_until + ACTION_GRACE < now else None
    if session.state is State.OPENING:
        if has_connector:
            return Task.OPEN
        # If no server finishes the opening in time, the handover fails.
        return Task.FAIL if session.created_at + settings.open_timeout < now else None
    if work.unsent_since is None or not has_connector:
        return None
    if session.conversation_id is None:
        return Task.DISCARD if session.state is State.ENDED else None
    return Task.FORWARD


def _to_user(work: Work, timeouts: Timeouts, now: float, *, has_model: bool) -> Task | None:
    session = work.session
    is_connected = session.is_open and session.connected_at is not None
    if is_connected and not session.start_notified and has_model:
        return Task.NOTIFY_START
    if is_connected and session.start_notified and _is_delayed(work, timeouts.undelivered, now):
        return Task.NOTIFY_DELAY
    if work.has_events:
        return Task.DELIVER
    if session.is_open:
        return next((task for at, task in _inactivity(session, timeouts) if at <= now), None)
    if not session.end_notified:
        return Task.NOTIFY_END
    return Task.RELEASE if work.unsent_since is None else None


def _is_delayed(work: Work, limit: float | None, now: float) -> bool:
    """Tell whether the user is to hear that a message has not reached the agents, once each time.

    A user must not believe that an agent reads it.
    """
    since = work.unsent_since
    if since is None or limit is None or now - since < limit:
        return False
    return (work.session.delay_notified_at or 0.0) < since


def _inactivity(session: Session, timeouts: Timeouts) -> Iterator[tuple[float, Task]]:
    """Yield when each inactivity rule applies, the one that comes before the others first.

    Before an agent has joined, the time counts from the connection, whatever the user writes; after
    the offer there is no further reminder. With an agent, it counts from the last message that the
    other side has not answered. Where Zendesk is the channel, users write to the agents without us:
    nobody here knows who is silent.
    """
    if session.is_native:
        return
    rules: tuple[tuple[float, float | None, Task], ...] = ()
    if session.state is State.WAITING:
        since = session.connected_at or session.created_at
        rules = ((since, timeouts.waiting_end, Task.END),)
        if session.offered_at is None:
            reminded = max(since, session.reminded_at or 0.0)
            rules += ((since, timeouts.waiting_offer, Task.OFFER),)
            rules += ((reminded, timeouts.waiting_reminder, Task.REMIND),)
    elif session.state is State.ACTIVE:
        user, agent = session.user_spoke_at or 0.0, session.agent_spoke_at or 0.0
        if _is_unanswered(session):
            rules = ((user, timeouts.agent_silence_end, Task.END),)
            if (session.offered_at or 0.0) <= user:
                rules += ((user, timeouts.agent_silence_offer, Task.OFFER),)
        elif agent > 0:
            rules = ((agent, timeouts.user_silence_end, Task.END),)
    for since, limit, task in rules:
        if limit is not None:
            yield since + limit, task


def _is_unanswered(session: Session) -> bool:
    """Tell whether the user wrote last."""
    return (session.user_spoke_at or 0.0) > (session.agent_spoke_at or 0.0)
