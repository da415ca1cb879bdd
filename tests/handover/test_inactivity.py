"""Inactivity rules, and the store's query for the sessions that they apply to."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import sqlalchemy as sa

from zendesk_handoff.domain.responses import BACK_OFFER, STILL_WAITING
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.handover.inactivity import InactivityAction, inactivity_action
from zendesk_handoff.settings import Timeouts
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import sessions

ALL = Timeouts(
    waiting_reminder=100,
    waiting_offer=300,
    waiting_end=900,
    agent_silence_offer=200,
    agent_silence_end=500,
    user_silence_end=400,
)
OFF = Timeouts(waiting_reminder=None, waiting_offer=None)
WAITING = Session("s", "support", "default", "user", "rest", State.WAITING, connected_at=1000)
ACTIVE = replace(WAITING, state=State.ACTIVE, agent_spoke_at=2000)


@pytest.mark.parametrize(
    ("session", "now", "expected"),
    [
        (WAITING, 1099, None),
        (WAITING, 1100, InactivityAction(STILL_WAITING)),
        (replace(WAITING, reminded_at=1100), 1199, None),
        (replace(WAITING, reminded_at=1100), 1200, InactivityAction(STILL_WAITING)),
        (replace(WAITING, reminded_at=1290), 1300, InactivityAction(BACK_OFFER)),
        (replace(WAITING, reminded_at=1300, offered_at=1300), 1899, None),
        (replace(WAITING, offered_at=1300), 1900, InactivityAction(end_reason=EndReason.NO_AGENT)),
        # What the user writes while waiting does not make the wait shorter.
        (replace(WAITING, user_spoke_at=1099), 1100, InactivityAction(STILL_WAITING)),
        (ACTIVE, 2399, None),
        (ACTIVE, 2400, InactivityAction(end_reason=EndReason.USER_SILENT)),
        (replace(ACTIVE, user_spoke_at=2100), 2299, None),
        (replace(ACTIVE, user_spoke_at=2100), 2300, InactivityAction(BACK_OFFER)),
        (replace(ACTIVE, user_spoke_at=2100, offered_at=2300), 2599, None),
        (
            replace(ACTIVE, user_spoke_at=2100, offered_at=2300),
            2600,
            InactivityAction(end_reason=EndReason.AGENT_SILENT),
        ),
        (replace(ACTIVE, user_spoke_at=2100, offered_at=1200), 2300, InactivityAction(BACK_OFFER)),
        (replace(WAITING, state=State.ENDED), 9999, None),
        (replace(WAITING, state=State.OPENING), 9999, None),
    ],
)
def test_inactivity_has_one_consequence_at_a_time(session, now, expected):
    assert inactivity_action(session, ALL, now=now) == expected


@pytest.mark.parametrize("session", [WAITING, ACTIVE, replace(ACTIVE, user_spoke_at=2100)])
def test_a_time_out_that_is_off_has_no_consequence(session):
    assert inactivity_action(session, OFF, now=1e9) is None


async def test_the_store_finds_exactly_the_sessions_that_are_due(tmp_path):
    async with await open_store(f"sqlite:///{tmp_path / 'handoff.db'}") as store:
        times = [None, 1000.0, 2500.0]
        rows = [
            {"state": state, "user_spoke_at": user, "agent_spoke_at": agent, "offered_at": offered,
             "reminded_at": reminded}
            for state, user, agent, offered, reminded in itertools.product(
                ["waiting", "active", "ended"], times, times, times, times
            )
        ]  # fmt: skip

        def fill(connection):
            for number, row in enumerate(rows):
                base = {
                    "id": f"{number:032x}",
                    "connector_id": "support",
                    "workspace": "default",
                    "sender_id": f"user {number}",
                    "channel": "rest",
                    "profile": {},
                    "created_at": 900.0,
                    "connected_at": 1000.0,
                    "start_notified": True,
                }
                connection.execute(sa.insert(sessions).values({**base, **row}))

        await store.database.write(fill)
        everybody = await store.sessions.recent(limit=10_000)
        assert len(everybody) == len(rows)
        for now, timeouts in itertools.product([1050, 1350, 2600, 2950], [ALL, OFF, Timeouts()]):
            found = await store.leases.inactive(timeouts, now=now)
            due = [each.id for each in everybody if inactivity_action(each, timeouts, now=now)]
            assert sorted(found) == sorted(due)
