"""A CALM bot's handover over HTTP: its tracker, rasa-sdk's action server, and the simulator."""

from __future__ import annotations

import aiohttp
import pytest

from simulator import SimulatorClient
from tests.support.calm import ANGRY
from tests.support.servers import EngineStack
from tests.support.users import RestUser, hand_over
from zendesk_handoff.domain.responses import default_response


class CalmStack(EngineStack):
    options = ("--processor", "tests.support.calm_engine.CalmProcessor")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with CalmStack(tmp_path_factory.mktemp("calm")) as servers:
        yield servers


@pytest.fixture
async def sim(stack):
    async with SimulatorClient(stack.simulator_url) as client:
        yield client


@pytest.fixture
async def user(stack):
    async with aiohttp.ClientSession() as http:
        yield RestUser(stack.rasa_url, http)


async def summary_of(sim, session):
    messages = await sim.messages(session.conversation)
    return messages[0]["content"]["text"]


async def state_of(stack, user):
    url = f"{stack.rasa_url}/conversations/{user.sender}/tracker"
    async with user.http.get(url) as answer:
        return await answer.json()


async def test_the_agent_reads_where_the_flow_stood_and_the_bot_comes_back_without_it(
    stack, sim, user
):
    await user.says("I want to return my order")
    session = await hand_over(user, sim=sim, stack=stack)
    assert default_response("utter_handoff_started") in session.replies
    summary = await summary_of(sim, session)
    assert "Was in: return order, step: reason" in summary
    assert "The user asked for a human." in summary
    assert "start flow" not in summary
    assert "flow hashes" not in summary
    assert await user.says("it is broken, I want to return it") == []
    await sim.wait_for_message(session.conversation, "it is broken, I want to return it")
    await sim.agent_text(session.conversation, "Send it to us.", agent="Ana")
    await user.hears("Ana: Send it to us.")
    await sim.end_session(session.conversation)
    await user.hears(default_response("utter_handoff_ended"))
    assert await user.says("thanks") == ["bot: thanks"]
    assert (await state_of(stack, user))["stack"] == []


async def test_the_agent_reads_why_a_frustrated_user_comes_in_their_own_language(stack, sim, user):
    await user.says("hi")
    session = await hand_over(user, sim=sim, stack=stack, text=ANGRY)
    state = await state_of(stack, user)
    reason = state["slots"]["handoff_reason"]
    assert reason
    assert reason in await summary_of(sim, session)
