"""Agents who take turns: each change is told once, under both names."""

from __future__ import annotations

import pytest

from tests.support.names import AGENTS, NAMELESS
from tests.support.workers import Workers, agent_message, receive
from tests.support.zendesk import connected
from zendesk_handoff.domain.responses import AGENT_CHANGED, AGENT_JOINED
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
        workers.session, workers.connector, workers.said = session, connector, []
        tell = workers.bot.tell

        async def tell_and_note(sender_id, response, output, **values):
            names = {key: value for key, value in values.items() if "agent" in key}
            workers.said.append((response, names, values["key"]))
            return await tell(sender_id, response, output, **values)

        workers.bot.tell = tell_and_note
        workers.bot.choose = lambda responses, **_: responses[0]
        yield workers


async def write(server, store, number, name, agent_id):
    event = agent_message(server.session, number, type="text", text=f"line {number}")
    message = event["payload"]["message"]
    message["author"] = {"type": "business", "displayName": name}
    message["metadata"] = {"__zendesk_msg.agent.id": agent_id} if agent_id else {}
    await receive(store, server.connector, event)
    await server.run_to_user(server.session)


def told(server):
    return [(response, *names.values()) for response, names, _key in server.said]


async def test_who_takes_over_and_from_whom(server, store):
    for number, (name, agent_id) in enumerate(
        [("Ana", "1"), ("Ana", "1"), ("Bo", "2"), ("Ana", "1"), ("Bo", "2")], 1
    ):
        await write(server, store, number, name, agent_id)
    assert told(server) == [
        (AGENT_JOINED, "Ana"),
        (AGENT_CHANGED, "Bo", "Ana"),
        (AGENT_CHANGED, "Ana", "Bo"),
        (AGENT_CHANGED, "Bo", "Ana"),
    ]
    assert len({key for *_others, key in server.said}) == 4, "no channel takes one for another"


async def test_automations_change_nobody(server, store):
    await write(server, store, 1, "Ana", "1")
    await write(server, store, 2, "Automated Response", None)
    await write(server, store, 3, "Ana", "1")
    assert told(server) == [(AGENT_JOINED, "Ana")]


async def test_agents_without_a_name_are_not_named(server, store):
    await write(server, store, 1, NAMELESS, "1")
    await write(server, store, 2, "Bo", "2")
    await write(server, store, 3, NAMELESS, "1")
    assert told(server) == [(AGENT_JOINED, "Bo")]


async def test_who_comes_back_after_an_agent_without_a_name_is_told_again(server, store):
    for number, (name, agent_id) in enumerate([("Ana", "1"), (NAMELESS, "2"), ("Ana", "1")], 1):
        await write(server, store, number, name, agent_id)
    assert told(server) == [(AGENT_JOINED, "Ana")] * 2
    assert len({key for *_others, key in server.said}) == 2, "no channel takes one for the other"


@pytest.mark.parametrize("name", AGENTS)
async def test_any_names(server, store, name):
    await write(server, store, 1, name, "1")
    await write(server, store, 2, "Bo", "2")
    await write(server, store, 3, name, "1")
    assert told(server)[1:] == [(AGENT_CHANGED, "Bo", name), (AGENT_CHANGED, name, "Bo")]


async def test_a_designers_words_for_one_who_joins_go_before_built_in_ones(server, store):
    server.bot.choose = lambda responses, **_: responses[-1]
    await write(server, store, 1, "Ana", "1")
    await write(server, store, 2, "Bo", "2")
    assert told(server) == [(AGENT_JOINED, "Ana"), (AGENT_JOINED, "Bo")]
