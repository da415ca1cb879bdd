"""Session workers of servers with different settings."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from tests.support.workers import Workers, agent_message, receive
from tests.support.zendesk import begin, connected, connector, text, written
from zendesk_handoff.domain.hours import ALL_DAY, CLOSED
from zendesk_handoff.domain.responses import STARTED, STARTED_CLOSED_FOR_LONG
from zendesk_handoff.domain.session import State, Step
from zendesk_handoff.domain.waits import LEAST
from zendesk_handoff.settings import Timeouts
from zendesk_handoff.settings.hours import HoursSettings
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def server(sim, store):
    connector, session = await connected(sim, store)
    await store.leases.release(session.id)
    await store.sessions.mark_start_notified(session.id)
    async with ConversationsClient(connector, retry=RetryPolicy(max_elapsed=0)) as client:
        workers = Workers(store, client, connector)
        workers.session, workers.client, workers.connector = session, client, connector
        yield workers


async def test_a_server_without_the_connector_releases_the_session(server, sim, store, tmp_path):
    async with await open_store(f"sqlite:///{tmp_path / 'store.db'}") as elsewhere:
        other = Workers(elsewhere, None)
        event = agent_message(server.session, 1, type="text", text="hello")
        await receive(store, server.connector, event)
        await other.run_to_user(server.session)
        assert other.bot.shown == ["Ana: hello"], "this does not need the connector"
    await store.outbox.add(server.session.id, [text("thanks")])
    await server.run_to_agents(server.session)
    assert await written(sim, server.session) == ["thanks"]


async def test_an_opening_fails_in_time_if_no_server_has_its_connector(store):
    session = await begin(store)
    await store.sessions.begin_step(session.id, Step.USER)
    await store.leases.release(session.id)
    await Workers(store, None).run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.OPENING, "another may have it"
    await Workers(store, None, open_timeout=0).run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.FAILED


@pytest.mark.parametrize(
    ("waited", "tells", "response"),
    [
        (60, True, "utter_handoff_queue"),
        (3600, True, "utter_handoff_waiting"),
        (60, False, "utter_handoff_waiting"),
    ],
)
async def test_the_reminder_says_how_long_it_takes_until_it_has_taken_longer(
    store, url, waited, tells, response
):
    now = time.time()
    for number in range(LEAST):
        await _waited(store, f"user-{number}", connected_at=now - 600, answered_at=now)
    session = await _waited(store, "me", connected_at=now - waited, state=State.WAITING.value)
    await store.sessions.mark_start_notified(session.id)
    timeouts = Timeouts(waiting_reminder=1, waiting_offer=None)
    workers = Workers(store, None, connector(tell_wait=tells), timeouts=timeouts)
    await workers.run_to_user(session)
    assert workers.bot.shown == [response]


async def _waited(store, sender, **values):
    session = await begin(store, sender)
    changing = sa.update(sessions).where(sessions.c.id == session.id)
    values = {"state": State.ENDED.value, "finalized": True, **values}
    if values["state"] == State.WAITING.value:  # the user who is reminded
        values["finalized"] = False
    await store.database.write(
        lambda connection: connection.execute(changing.values(**values)) and None
    )
    return await store.sessions.get(session.id)


@pytest.mark.parametrize(
    ("week", "response"),
    [
        ("0:00-24:00", STARTED),
        ("closed", STARTED_CLOSED_FOR_LONG),
    ],
)
async def test_a_start_that_no_action_has_announced_promises_nobody_at_night(store, week, response):
    hours = HoursSettings(
        time_zone=ZoneInfo("UTC"), week=dict.fromkeys(range(7), ALL_DAY if "0" in week else CLOSED)
    )
    session = await _waited(store, "me", connected_at=time.time(), state=State.WAITING.value)
    workers = Workers(store, None, connector(hours=hours, tell_wait=False))
    workers.bot.is_paused = is_not_paused
    await workers.run_to_user(session)
    assert workers.bot.shown[0] == response


async def is_not_paused(_sender_id):
    return False
