"""Handover and return through accounts that the command `setup` alone has made."""

from __future__ import annotations

import pytest
import yaml

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.users import is_of, texts_of_user
from tests.support.waiting import until

CONNECTORS = ("set-up", "set-up-inside")


@pytest.fixture
def connector_of(stack):
    def read(connector_id):
        written = yaml.safe_load((stack.folder / "credentials.yml").read_text())
        return written["channels.ZendeskInput"]["connectors"][connector_id]

    return read


async def begin(sim, user, connector):
    replies = await user.says(ASK_HUMAN)
    assert any(STARTED in text for text in replies)
    app = connector["app_id"]
    found = await sim.wait_for_conversation(app, lambda one: is_of(one, user.sender))
    assert found["control"]["active"] == "zd-agentWorkspace"
    return found["id"]


@pytest.mark.parametrize("connector_id", CONNECTORS)
async def test_messages_pass_and_the_agent_ends(sim, new_user, connector_of, connector_id):
    user = new_user(workspace=connector_id)
    await user.says("Where is my order 10234?")
    conversation = await begin(sim, user, connector_of(connector_id))
    await user.says("it is about a kettle")
    await sim.wait_for_message(conversation, "it is about a kettle")
    first, *_ = messages = await sim.messages(conversation)
    assert "10234" in first["content"]["text"]
    assert texts_of_user(messages) == ["it is about a kettle"]
    await sim.agent_text(conversation, "We look into it.", agent="Ana")
    await user.hears("Ana: We look into it.")
    await sim.end_session(conversation)
    heard = await user.hears(ENDED, asking=ASK_HOURS)
    assert any(HOURS in str(each) for each in heard), "the bot answers again"


@pytest.mark.parametrize("connector_id", CONNECTORS)
async def test_a_solved_ticket_ends_the_session(sim, new_user, connector_of, connector_id):
    assert "webhook_signing_secret" in connector_of(connector_id)
    user = new_user(workspace=connector_id)
    conversation = await begin(sim, user, connector_of(connector_id))
    await sim.agent_text(conversation, "All done, bye!", agent="Ana")
    await user.hears("Ana: All done, bye!")
    await sim.solve(conversation)
    await until(lambda: has_ended(user, "solved"))
    heard = await user.hears(ENDED, asking=ASK_HOURS)
    assert any(HOURS in str(each) for each in heard), "the bot answers again"


async def has_ended(user, reason):
    return await user.slot("handoff_end_reason") == reason


@pytest.mark.parametrize("connector_id", CONNECTORS)
async def test_the_user_ends(sim, new_user, connector_of, connector_id):
    user = new_user(workspace=connector_id)
    conversation = await begin(sim, user, connector_of(connector_id))
    assert any(ENDED in text for text in await user.says("/end_handoff"))
    if connector_id == "set-up-inside":
        await sim.wait_for_state(conversation, lambda one: one["control"]["active"] is None)
    else:
        await sim.wait_for_message(
            conversation, lambda one: "has left" in one["content"].get("text", "")
        )
    assert any(HOURS in text for text in await user.says(ASK_HOURS))


async def test_the_bot_inside_runs_with_the_integrations_own_key(connector_of):
    assert connector_of("set-up")["key_id"].startswith("app_")
    inside = connector_of("set-up-inside")
    assert inside["key_id"] == "${ZENDESK_KEY_ID_set__up__inside}"
    assert inside["switchboard_integration"] == "rasa"
