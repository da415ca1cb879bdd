"""Other ways to run a bot on Rasa Pro: actions in the Rasa server, and channels in the inspector.

As with `rasa run --inspect --credentials …` and `actions_module` in ``endpoints.yml``.
"""

from __future__ import annotations

import aiohttp
import pytest

from simulator import SimulatorClient
from tests.support import webchat
from tests.support.servers import EngineStack
from tests.support.users import RestUser, hand_over, texts_of_user

ENDED = "The agent has left."


class InspectedStack(EngineStack):
    options = ("--inspect",)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways")
    endpoints = {"action_endpoint": {"actions_module": "zendesk_handoff.actions"}}
    with InspectedStack(folder, endpoints=endpoints) as servers:
        servers.processes["actions"].stop()
        yield servers


@pytest.fixture
async def sim(stack):
    async with SimulatorClient(stack.simulator_url) as client:
        yield client


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_session_opens_ends_and_returns(stack, sim, http):
    user = RestUser(stack.rasa_url, http)
    assert await user.says("hi") == ["bot: hi"]
    session = await hand_over(user, sim=sim, stack=stack)
    assert await user.says("is anybody there?") == []
    await sim.wait_for_message(session.conversation, "is anybody there?")
    assert "is anybody there?" in texts_of_user(await sim.messages(session.conversation))
    await sim.agent_text(session.conversation, "We open at nine.", agent="Ana")
    await user.hears("Ana: We open at nine.")
    await sim.end_session(session.conversation)
    await user.hears(ENDED)
    assert await user.says("thanks") == ["bot: thanks"]


async def test_the_webhook_stays_at_its_address(stack, http):
    for path in ("/api/v1/connectors/support/webhook", "/webhooks/zendesk/support/webhook"):
        async with http.head(stack.rasa_url + path) as answer:
            assert answer.status == 200, path


async def test_the_inspector_is_there(stack, http):
    async with http.get(f"{stack.rasa_url}/webhooks/rest/inspect.html") as answer:
        assert answer.status == 200


async def test_the_chat_page(stack):
    async with webchat.open_chat_page(stack.rasa_url) as page:
        await page.start()
        await page.says("hi")
        await page.shows("bot: hi")
        await page.says("a human please")
        await page.shows("An agent will be with you.")


async def test_the_servers_channels_are_the_bots_and_not_the_inspectors(stack):
    log = (stack.folder / "rasa.log").read_text()
    assert "DevelopmentInspectProxy" not in log
    assert "handoff.channels.without_push" in log
