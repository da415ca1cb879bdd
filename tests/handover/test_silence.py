"""Sessions for which no event comes: said once, and never where one has come."""

from __future__ import annotations

import asyncio

import pytest
import structlog

from tests.support.store import request_session
from tests.support.workers import settings
from tests.support.zendesk import connector
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.handover.silence import WebhookSilence

START = 1_700_000_000.0


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("time.time", made)
    return made


@pytest.fixture
def processes(store, clock):
    """Two processes on the same store."""
    chosen = settings(connector(), connector(id="retail"), webhook_silence=60.0)
    return [WebhookSilence(store, chosen, clock=clock) for _ in range(2)]


async def look(*processes):
    """Let each process look; return the log's lines."""
    with structlog.testing.capture_logs() as logs:
        for each in processes:
            await each.look()
    return [line for line in logs if line["event"] == "handoff.webhook.silent"]


async def test_a_session_without_events_is_logged_once(store, clock, processes):
    session = await request_session(store, conversation="c1", connected=True)
    clock.now += 59
    assert await look(*processes) == []
    clock.now += 2
    [line] = await look(*processes)
    assert line["session"] == session.id and line["log_level"] == "error"
    assert line["problem"] == (
        "no event has come for this session in 60 s: is the webhook reachable at "
        "https://bot.example.com/api/v1/connectors/support/webhook?"
    )
    clock.now += 600
    assert await look(*processes) == []
    other = await request_session(store, "another", conversation="c2", connected=True)
    clock.now += 61
    assert [line["session"] for line in await look(*processes)] == [other.id]


async def test_of_two_processes_that_look_at_once_one_says_it(store, clock, processes):
    await request_session(store, conversation="c1", connected=True)
    clock.now += 61
    with structlog.testing.capture_logs() as logs:
        await asyncio.gather(*(each.look() for each in processes))
    assert [line["event"] for line in logs] == ["handoff.webhook.silent"]


async def test_another_process_may_have_been_called(store, clock, processes):
    first, second = processes
    session = await request_session(store, conversation="c1", connected=True)
    clock.now += 1
    first.hear("support")
    clock.now += first.look_every
    assert await look(first) == []
    clock.now += 60
    assert await look(second) == []
    [status] = await store.reports.statuses()
    assert status.session.id == session.id and status.unheard_since is None


async def test_a_call_from_before_the_session_says_nothing_of_it(store, clock, processes):
    processes[0].hear("support")
    clock.now += 3600
    session = await request_session(store, conversation="c1", connected=True)
    connected_at = clock.now
    processes[0].hear("retail")
    clock.now += 61
    assert [line["session"] for line in await look(*processes)] == [session.id]
    [status] = await store.reports.statuses()
    assert status.unheard_since == connected_at
    processes[1].hear("support")
    await processes[1].look()
    [status] = await store.reports.statuses()
    assert status.unheard_since is None, "it works since then"


async def test_sessions_that_are_not_with_the_agents_are_not_meant(store, clock, processes):
    await request_session(store, "opening")
    over = await request_session(store, "over", conversation="c2", connected=True)
    await store.sessions.end(over.id, EndReason.AGENT)
    clock.now += 3600
    assert await look(*processes) == []


async def test_it_can_be_turned_off(store, clock):
    await request_session(store, conversation="c1", connected=True)
    silence = WebhookSilence(store, settings(connector(), webhook_silence=None), clock=clock)
    clock.now += 3600
    assert await look(silence) == []


@pytest.mark.parametrize(("seconds", "every"), [(60.0, 10.0), (6.0, 2.0), (None, 10 / 3)])
def test_calls_are_told_before_anybody_speaks_of_silence(seconds, every):
    assert WebhookSilence(None, settings(webhook_silence=seconds)).look_every == every
