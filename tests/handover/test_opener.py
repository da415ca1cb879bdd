"""The opener of a Rasa server: whose request it takes up, and for how long it tries."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
import structlog

from tests.support.store import expire_leases
from tests.support.workers import Workers
from tests.support.zendesk import SUMMARY, account
from zendesk_handoff.domain.session import EndReason, State, Step
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy

SENDER = "jo@example.com"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def connector(sim):
    return await account(sim)


@pytest.fixture
async def server(store, connector):
    """Make a server that has some conversations in hand."""
    async with ConversationsClient(connector, retry=RetryPolicy(max_elapsed=0)) as client:
        yield lambda *in_hand, **values: Workers(
            store, client, connector, in_hand=in_hand, **values
        )


async def request(store, *, take_up_within=5.0):
    return await store.sessions.request(
        SENDER,
        "support",
        workspace="default",
        channel="rest",
        reason="asked",
        summary=SUMMARY,
        profile={},
        take_up_within=take_up_within,
    )


async def is_free(url, session):
    """Check that another process gets the session's lease."""
    async with await open_store(url) as other:
        is_granted = await other.leases.acquire(session.id)
        await other.leases.release(session.id)
        return is_granted and not other.leases.is_outcome_unknown(session.id)


async def test_the_server_that_has_the_conversation_in_hand_opens(sim, store, server, connector):
    session = await request(store)
    await server(SENDER).run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.WAITING
    assert len(await sim.conversations(connector.app_id)) == 1


async def test_no_other_server_opens(sim, store, server, connector, url):
    session = await request(store)
    await server("somebody else").run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.REQUESTED
    assert await sim.conversations(connector.app_id) == []
    assert await is_free(url, session)


async def test_an_old_request_is_not_opened(sim, store, server, connector, url):
    session = await request(store, take_up_within=-1)
    await server(SENDER).run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.REQUESTED, "its action answers"
    assert await sim.conversations(connector.app_id) == []
    assert await is_free(url, session)


async def test_a_request_that_was_withdrawn_is_not_opened(sim, store, server, connector):
    session = await request(store)
    await store.requests.withdraw(session.id)
    await server(SENDER).run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.FAILED
    assert await sim.conversations(connector.app_id) == []


@pytest.mark.parametrize("has_connector", [True, False])
async def test_any_server_withdraws_the_request_of_an_action_that_died(
    store, server, has_connector
):
    session = await request(store, take_up_within=-100)
    elsewhere = server() if has_connector else Workers(store, None)
    with structlog.testing.capture_logs() as logs:
        await elsewhere.run_to_agents(session)
    failed = await store.sessions.get(session.id)
    assert (failed.state, failed.end_notified) == (State.FAILED, False)
    assert "handoff.request.expired" in [each["event"] for each in logs]
    await elsewhere.run_to_user(session)
    assert elsewhere.bot.shown == ["utter_handoff_failed"]


async def test_an_opening_that_has_begun_is_taken_over_by_any_server(sim, store, server, url):
    session = await request(store)
    async with await open_store(url) as dead:
        await dead.leases.acquire(session.id)
        assert await dead.requests.take_up(session.id)
    other = server()
    await other.run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.OPENING, "it is leased"
    await expire_leases(store)
    await other.run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.WAITING


async def test_an_end_before_the_opening_leaves_nothing_to_open(sim, store, server, connector):
    session = await request(store)
    await store.sessions.end_by_us(session.id, EndReason.USER)
    await server(SENDER).run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.ENDED
    assert await sim.conversations(connector.app_id) == []


async def test_a_refused_opening_fails_and_the_user_is_still_to_be_told(sim, store, server):
    await sim.add_fault("status", status=403, path="*/passControl")
    session = await request(store)
    with structlog.testing.capture_logs() as logs:
        await server(SENDER).run_to_agents(session)
    failed = await store.sessions.get(session.id)
    assert (failed.state, failed.end_notified) == (State.FAILED, False)
    [line] = [each for each in logs if each["event"] == "handoff.opening.failed"]
    assert "403" in line["error"]


async def test_an_opening_ends_with_its_time(sim, store, connector):
    await sim.add_fault("silence", seconds=30, path="/users")
    session = await request(store)
    async with ConversationsClient(connector, timeout=30) as client:
        server = Workers(store, client, connector, in_hand={SENDER}, open_timeout=0.2)
        with structlog.testing.capture_logs() as logs:
            await server.run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.FAILED
    [line] = [each for each in logs if each["event"] == "handoff.opening.failed"]
    assert line["error"] == "Zendesk did not connect the user in 0.2 s."


async def test_an_opening_that_is_taken_over_late_has_time_nevertheless(store, server):
    session = await request(store)
    await store.sessions.begin_step(session.id, Step.USER)
    early = sa.update(sessions).values(created_at=session.created_at - 3600)
    await store.database.write(lambda connection: connection.execute(early).rowcount)
    await server().run_to_agents(session)
    assert (await store.sessions.get(session.id)).state is State.WAITING
