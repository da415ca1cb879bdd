"""Messages that cross the agents' release: what an agent has not seen is the bot's."""

from __future__ import annotations

import pytest

from tests.support.workers import Workers
from tests.support.zendesk import connected, text, written
from zendesk_handoff.domain.session import Crossing, EndReason
from zendesk_handoff.handover.reconcile import crossing_messages
from zendesk_handoff.rasa.session_end import unseen_messages
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy

BEFORE, AFTER = "2020-01-01T00:00:00.000Z", "2040-01-01T00:00:00.000Z"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def server(sim, store):
    connector, session = await connected(sim, store)
    async with ConversationsClient(connector, retry=RetryPolicy(max_elapsed=0)) as client:
        workers = Workers(store, client, connector)
        workers.session, workers.client = session, client
        yield workers


async def waits_for_bot(store, session):
    return [
        each.body["text"]
        for each in await unseen_messages(store, await store.sessions.get(session.id))
    ]


@pytest.mark.parametrize(("released_at", "left"), [(BEFORE, ["one"]), (AFTER, [])])
async def test_zendesks_own_times_decide(server, store, released_at, left):
    session = server.session
    await store.outbox.add(session.id, [text("one")])
    await server.run_to_agents(session)
    crossing = await crossing_messages(server.client, session, released_at)
    assert len(crossing.seen) + len(crossing.unseen) == 1, "the summary is not the user's"
    await store.sessions.end(session.id, EndReason.AGENT, crossing=crossing)
    assert await waits_for_bot(store, session) == left


async def test_what_zendesk_has_but_no_response_has_told_yet_was_seen(server, store):
    session = server.session
    await store.outbox.add(session.id, [text("one"), text("two")])
    [one, _] = await store.outbox.waiting(session.id)
    await store.sessions.end(
        session.id, EndReason.AGENT, crossing=Crossing(seen=frozenset({one.marker}))
    )
    assert await waits_for_bot(store, session) == ["two"]


async def test_without_a_listing_the_time_of_storing_decides(server, store):
    session = server.session
    await store.outbox.add(session.id, [text("one")])
    await server.run_to_agents(session)
    await store.sessions.end(session.id, EndReason.AGENT, crossing=Crossing(released_at=0.0))
    assert await waits_for_bot(store, session) == ["one"]


async def test_a_message_on_its_way_at_the_end_is_the_bots(server, store):
    session = server.session
    await store.outbox.add(session.id, [text("one")])
    [one] = await store.outbox.waiting(session.id)
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.outbox.finish(one)
    assert await waits_for_bot(store, session) == ["one"]
    await store.outbox.settle(one)
    assert await waits_for_bot(store, session) == []


@pytest.mark.parametrize(
    ("reason", "arrives"), [(EndReason.AGENT, []), (EndReason.USER_SILENT, ["one"])]
)
async def test_after_the_agents_end_nothing_is_sent_and_after_ours_all(
    server, sim, store, reason, arrives
):
    session = server.session
    await store.outbox.add(session.id, [text("one")])
    if reason is EndReason.AGENT:
        await store.sessions.end(session.id, reason)
    else:
        await store.sessions.end_by_us(session.id, reason)
    await server.run_to_agents(session)
    said = await written(sim, session)
    assert [each for each in said if each == "one"] == arrives
    assert not await store.outbox.add(session.id, [text("too late")])
    await server.run_to_user(session)
    assert server.bot.handled == ([] if arrives else ["one"])
    assert await store.outbox.waiting(session.id) == []
