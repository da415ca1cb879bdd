"""What is due for a session, in both directions."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from tests.support.workers import settings
from tests.support.zendesk import connector
from zendesk_handoff.domain.native import NATIVE_CHANNEL
from zendesk_handoff.domain.session import ACTION_GRACE, EndReason, Session, State, Work
from zendesk_handoff.handover.due import (
    NEVER,
    Task,
    deadline_to_record,
    due,
    inactivity_reason,
)
from zendesk_handoff.settings import Timeouts

ALL = Timeouts(
    waiting_reminder=100,
    waiting_offer=300,
    waiting_end=900,
    agent_silence_offer=200,
    agent_silence_end=500,
    user_silence_end=400,
    undelivered=60,
)
OFF = Timeouts(waiting_reminder=None, waiting_offer=None, undelivered=None)
REQUESTED = Session(
    "s",
    "support",
    "default",
    "user",
    "rest",
    State.REQUESTED,
    created_at=990,
    take_up_until=995,
)
OPENING = replace(REQUESTED, state=State.OPENING)
WAITING = replace(
    OPENING, state=State.WAITING, connected_at=1000, start_notified=True, conversation_id="c1"
)
ACTIVE = replace(WAITING, state=State.ACTIVE, agent_spoke_at=2000)
ENDED = replace(ACTIVE, state=State.ENDED, ended_at=2500)
FAILED = replace(OPENING, state=State.FAILED, ended_at=1000)


def due_now(work, *, now, timeouts=ALL, connectors=("support",), **values):
    given = settings(
        *(connector(id=each) for each in connectors), timeouts=timeouts, open_timeout=20
    )
    return due(work, given, now=now, **values)


def is_due(session, now, timeouts=ALL, **waiting):
    found = due_now(Work(session, **waiting), now=now, timeouts=timeouts)
    return found.to_agents, found.to_user


@pytest.mark.parametrize(
    ("session", "now", "expected"),
    [
        (WAITING, 1099, None),
        (WAITING, 1100, Task.REMIND),
        (replace(WAITING, reminded_at=1100), 1199, None),
        (replace(WAITING, reminded_at=1100), 1200, Task.REMIND),
        (replace(WAITING, reminded_at=1290), 1300, Task.OFFER),
        (replace(WAITING, reminded_at=1300, offered_at=1300), 1899, None),
        (replace(WAITING, offered_at=1300), 1900, EndReason.NO_AGENT),
        # What the user writes while waiting does not make the wait shorter.
        (replace(WAITING, user_spoke_at=1099), 1100, Task.REMIND),
        (ACTIVE, 2399, None),
        (ACTIVE, 2400, EndReason.USER_SILENT),
        (replace(ACTIVE, user_spoke_at=2100), 2299, None),
        (replace(ACTIVE, user_spoke_at=2100), 2300, Task.OFFER),
        (replace(ACTIVE, user_spoke_at=2100, offered_at=2300), 2599, None),
        (replace(ACTIVE, user_spoke_at=2100, offered_at=2300), 2600, EndReason.AGENT_SILENT),
        (replace(ACTIVE, user_spoke_at=2100, offered_at=1200), 2300, Task.OFFER),
        (OPENING, 9999, None),
    ],
)
def test_inactivity_has_one_consequence_at_a_time(session, now, expected):
    task = due_now(Work(session), now=now).to_user
    assert (inactivity_reason(session) if task is Task.END else task) == expected


@pytest.mark.parametrize("session", [WAITING, ACTIVE, replace(ACTIVE, user_spoke_at=2100)])
def test_a_timeout_that_is_off_has_no_consequence(session):
    assert is_due(session, 1e9, OFF) == (None, None)
    assert deadline_to_record(session, OFF, now=1e9) == NEVER


@pytest.mark.parametrize("session", [WAITING, ACTIVE, replace(ACTIVE, user_spoke_at=2100)])
def test_where_zendesk_is_the_channel_nobody_is_silent(session):
    native = replace(session, channel=NATIVE_CHANNEL)
    assert is_due(native, 1e9) == (None, None)
    assert deadline_to_record(native, ALL, now=1e9) == NEVER


def test_nothing_is_due_before_the_deadline_and_something_at_it():
    times = [None, 1000.0, 2500.0]
    for session, user, agent, offered, reminded in itertools.product(
        [WAITING, ACTIVE], times, times, times, times
    ):
        changed = replace(
            session,
            user_spoke_at=user,
            agent_spoke_at=agent,
            offered_at=offered,
            reminded_at=reminded,
        )
        for timeouts in (ALL, OFF, Timeouts(), replace(OFF, agent_silence_end=0)):
            at = deadline_to_record(replace(changed, next_deadline=2 * NEVER), timeouts, now=0)
            if at == NEVER:
                assert is_due(changed, at, timeouts) == (None, None)
            else:
                assert is_due(changed, at - 0.001, timeouts) == (None, None)
                assert is_due(changed, at, timeouts)[1] in {Task.REMIND, Task.OFFER, Task.END}


def test_a_deadline_is_recorded_when_it_is_earlier_or_has_passed():
    def recorded(before, now=1010.0, session=WAITING):
        return deadline_to_record(replace(session, next_deadline=before), ALL, now=now)

    assert recorded(0.0) == 1100
    assert recorded(2000.0) == 1100
    assert recorded(1100.0) is None
    assert recorded(1050.0) is None, "looked at once too often instead"
    assert recorded(1050.0, now=1060.0) == 1100
    assert recorded(1100.0, now=1200.0) is None, "overdue: the poll finds it"
    assert recorded(0.0, session=ENDED) is None
    assert recorded(0.0, session=replace(WAITING, start_notified=False)) is None


def test_a_request_is_opened_by_the_process_that_has_the_conversation():
    def to_agents(now, **values):
        return due_now(Work(REQUESTED), now=now, **values).to_agents

    abandoned = REQUESTED.take_up_until + ACTION_GRACE + 1
    assert to_agents(992, in_hand=True) is Task.OPEN
    assert to_agents(992) is None
    assert to_agents(abandoned) is Task.EXPIRE
    assert to_agents(992, in_hand=True, connectors=()) is None
    assert to_agents(abandoned, in_hand=True, connectors=()) is Task.EXPIRE


def test_an_opening_is_finished_or_fails_without_its_connector():
    work = Work(OPENING)
    assert due_now(work, now=1e9).to_agents is Task.OPEN
    assert due_now(work, now=1009, connectors=()).to_agents is None, "another may have it"
    assert due_now(work, now=1011, connectors=()).to_agents is Task.FAIL


def test_the_outbox_goes_to_the_agents():
    assert is_due(ACTIVE, 2001, unsent_since=2000)[0] is Task.FORWARD
    assert is_due(ENDED, 2501, unsent_since=2000)[0] is Task.FORWARD
    assert is_due(replace(FAILED, conversation_id="c1"), 1001, unsent_since=1000)[0] is Task.FORWARD
    assert due_now(Work(ACTIVE, 2000), now=2001, connectors=()).to_agents is None
    never_opened = replace(ENDED, conversation_id=None, connected_at=None)
    assert is_due(never_opened, 2501, unsent_since=2000)[0] is Task.DISCARD


def test_the_user_hears_of_a_delay_once_for_each():
    def to_user(session, now=2060, since=2000, timeouts=ALL):
        return is_due(session, now, timeouts, unsent_since=since)[1]

    assert to_user(ACTIVE, now=2059) is None
    assert to_user(ACTIVE) is Task.NOTIFY_DELAY
    assert to_user(ACTIVE, timeouts=OFF) is None
    told = replace(ACTIVE, delay_notified_at=2060)
    assert to_user(told, now=2100) is None
    assert to_user(told, now=2200, since=2130) is Task.NOTIFY_DELAY
    assert to_user(OPENING) is None
    assert to_user(ENDED, now=3000) is Task.NOTIFY_END


def test_the_start_comes_before_agents_messages_and_the_end_after_them():
    assert is_due(replace(ACTIVE, start_notified=False), 1, has_events=True)[1] is Task.NOTIFY_START
    assert is_due(ACTIVE, 1e9, has_events=True)[1] is Task.DELIVER
    assert is_due(ENDED, 1e9, has_events=True)[1] is Task.DELIVER
    assert is_due(ENDED, 1e9)[1] is Task.NOTIFY_END
    assert is_due(FAILED, 1e9)[1] is Task.NOTIFY_END


def test_agents_messages_do_not_wait_for_a_model():
    work = Work(replace(ACTIVE, start_notified=False), has_events=True)
    assert due_now(work, now=1, has_model=False).to_user is Task.DELIVER


def test_a_session_is_released_once_both_directions_are_done():
    notified = replace(ENDED, end_notified=True)
    assert is_due(notified, 1e9) == (None, Task.RELEASE)
    assert is_due(notified, 1e9, has_events=True) == (None, Task.DELIVER)
    assert is_due(notified, 1e9, unsent_since=2000) == (Task.FORWARD, None)
