"""Actions of agents, as messages and events."""

from __future__ import annotations

import pytest

from simulator import Simulator, SimulatorError

from .support.account import Account
from .support.bot import Bot
from .support.events import last

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16


async def test_an_agents_text(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.with_agents()
    message_id = await sim.agent_text(conversation, "Hello", agent="Bo", html_text="<b>Hello</b>")
    message = (await last(sim, bot, "conversation:message", count=2))["message"]
    assert message["id"] == message_id
    assert message["content"] == {"type": "text", "text": "Hello", "htmlText": "<b>Hello</b>"}
    assert message["author"]["displayName"] == "Bo"
    assert message["author"]["avatarUrl"].startswith(sim.url)
    assert message["source"] == {"type": "zd:agentWorkspace"}
    assert message["metadata"]["__zendesk_msg.agent.id"].isdigit()
    assert "subtypes" not in message["author"]


async def test_writers_without_a_name(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.with_agents()
    await sim.agent_text(conversation, "Hello", agent="")
    message = (await last(sim, bot, "conversation:message", count=2))["message"]
    assert "displayName" not in message["author"]
    assert message["metadata"]["__zendesk_msg.agent.id"].isdigit()
    await sim.automation(conversation, "Please wait", name="")
    message = (await last(sim, bot, "conversation:message", count=3))["message"]
    assert message["author"] == {"type": "business"}
    assert "__zendesk_msg.agent.id" not in message["metadata"]


async def test_the_mark_of_an_agent_is_a_switch(sim: Simulator, account: Account, bot: Bot) -> None:
    await sim.set_switches(account.app.id, agent_metadata=False, subtypes="everywhere")
    conversation = await account.with_agents()
    await sim.agent_text(conversation, "Hello")
    message = (await last(sim, bot, "conversation:message", count=2))["message"]
    assert message["author"]["subtypes"] == ["agent"]
    assert "metadata" not in message


@pytest.mark.parametrize("verb", ["agent_image", "agent_file"])
async def test_an_agents_file(sim: Simulator, account: Account, bot: Bot, verb: str) -> None:
    conversation = await account.with_agents()
    await getattr(sim, verb)(conversation, PNG, filename="a b.png", text="Look")
    content = (await last(sim, bot, "conversation:message", count=2))["message"]["content"]
    assert content["type"] == verb.removeprefix("agent_")
    assert (content["text"], content["mediaType"], content["mediaSize"]) \
        == ("Look", "image/png", len(PNG))  # fmt: skip
    async with account.session.get(content["mediaUrl"]) as response:
        assert (response.status, await response.read()) == (200, PNG)


async def test_any_content(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.with_agents()
    await sim.agent_content(conversation, {"type": "hologram", "shape": "cat"})
    message = (await last(sim, bot, "conversation:message", count=2))["message"]
    assert message["content"] == {"type": "hologram", "shape": "cat"}


async def test_typing_and_reading(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.with_agents()
    await sim.agent_typing(conversation)
    await sim.agent_typing(conversation, on=False)
    await last(sim, bot, "conversation:typing", count=2)
    types = [one["payload"]["activity"]["type"] for one in bot.of_type("conversation:typing")]
    assert types == ["typing:start", "typing:stop"]
    await sim.agent_read(conversation)
    activity = (await last(sim, bot, "conversation:read"))["activity"]
    assert activity["author"]["displayName"] == "Ana"


@pytest.mark.parametrize("marker", [None, "__trigger"])
async def test_automations_have_no_agent(
    sim: Simulator, account: Account, bot: Bot, marker: str | None
) -> None:
    await sim.set_switches(account.app.id, trigger_agent_id=marker)
    conversation = await account.with_agents()
    await sim.automation(conversation, "We are busy")
    message = (await last(sim, bot, "conversation:message", count=2))["message"]
    assert message["author"] == {"type": "business", "displayName": "Automated Response"}
    assert message["metadata"].get("__zendesk_msg.agent.id") == marker


async def test_the_survey(sim: Simulator, account: Account, bot: Bot) -> None:
    conversation = await account.with_agents()
    await sim.csat(conversation)
    message = (await last(sim, bot, "conversation:message", count=2))["message"]
    assert message["source"] == {"type": "zd:surveys"}
    assert "metadata" not in message


async def test_no_agent_without_a_ticket(sim: Simulator, account: Account) -> None:
    conversation = await account.conversation()
    with pytest.raises(SimulatorError, match="control was never passed"):
        await sim.agent_text(conversation, "Hello")


async def test_an_unknown_action_is_refused(sim: Simulator, account: Account) -> None:
    conversation = await account.conversation()
    url = f"{sim.url}/sim/conversations/{conversation}/agent/dance"
    async with account.session.post(url, json={}) as response:
        assert response.status == 404
        assert "An agent cannot 'dance'" in (await response.json())["error"]


async def test_a_file_comes_in_a_form(sim: Simulator, account: Account) -> None:
    conversation = await account.with_agents()
    url = f"{sim.url}/sim/conversations/{conversation}/agent/file"
    async with account.session.post(url, json={"filename": "a.txt"}) as response:
        assert response.status == 400
        assert "form" in (await response.json())["error"]
