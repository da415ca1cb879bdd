"""The second bot of an account: it answers while it has control, and gives it away on a word."""

from __future__ import annotations

import aiohttp
import pytest

from simulator import SimulatorClient
from simulator.clock import Clock
from simulator.other_bot import AGENTS, NAME, add
from simulator.server import Server
from simulator.setup import add_app
from simulator.state import State

FIRST = "rasa"


@pytest.fixture
async def served():
    """Run a simulator with the bot; yield its client and an account."""
    state = State(clock=Clock())
    server = Server(state, port=0)
    url = await server.start()
    own = {"target": "http://127.0.0.1:9/nobody", "switchboard_name": FIRST, "key": {}}
    app = add_app(state, {"integrations": [own], "default_integration": FIRST})
    without = add_app(state, {"switchboard": False})
    add(state, url)
    add(state, url)  # which changes nothing
    assert len(without.integrations) == 0
    async with SimulatorClient(url) as sim:
        yield sim, app
    await server.stop()


async def conversation_of_the_bot(sim, app):
    conversation = await sim.user_begin(app.id)
    await sim.user_text(conversation, "for the first one")
    await sim.pass_control(conversation, NAME)
    return conversation


async def hears(sim, conversation, words):
    def fits(message):
        return words in message["content"].get("text", "")

    return await sim.wait_for_message(conversation, fits)


async def is_with(sim, conversation, party):
    async def has_it():
        return (await sim.conversation(conversation))["control"]["active"] == party

    await sim.wait_until(has_it)


async def test_it_answers_while_it_has_control(served):
    sim, app = served
    conversation = await conversation_of_the_bot(sim, app)
    await sim.user_text(conversation, "where is my parcel?")
    answer = await hears(sim, conversation, "I have read: where is my parcel?")
    assert answer["author"]["displayName"] == "The other bot"
    await sim.pass_control(conversation, AGENTS)
    await sim.user_text(conversation, "not for the bot")
    await sim.pass_control(conversation, NAME)
    await sim.user_text(conversation, "for it again")
    await hears(sim, conversation, "I have read: for it again")
    messages = await sim.messages(conversation)
    said = [one for one in messages if one["author"]["type"] == "business"]
    assert len(said) == 2, "it has heard nothing else, nor answered itself"


@pytest.mark.parametrize(("word", "party"), [(" Agent", AGENTS), ("back", FIRST)])
async def test_it_gives_control_away_on_a_word(served, word, party):
    sim, app = served
    conversation = await conversation_of_the_bot(sim, app)
    await sim.user_text(conversation, word)
    await hears(sim, conversation, "The other bot passes you to")
    await is_with(sim, conversation, party)


async def test_its_webhook_takes_no_calls_of_others(served):
    sim, app = served
    async with aiohttp.ClientSession() as session:
        for path, status in ((app.id, 401), ("unknown", 404)):
            url = f"{sim.url}/other-bot/{path}"
            for key in ("wrong", "wróng"):
                given = {"X-API-Key": key}
                async with session.post(url, json={"events": []}, headers=given) as answer:
                    assert answer.status == status
