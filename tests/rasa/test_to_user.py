"""Session workers of servers with different settings."""

from __future__ import annotations

import pytest

from tests.support.workers import Workers, agent_message, receive
from tests.support.zendesk import begin, connected, text, written
from zendesk_handoff.domain.session import State, Step
from zendesk_handoff.store import open_store
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
