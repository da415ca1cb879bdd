"""A custom channel that can push, and its failures."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HUMAN, ENDED, STARTED
from tests.support.messenger import Messenger
from tests.support.users import conversation_of
from zendesk_handoff.handover.agent_notes import agent_note


@pytest.fixture
async def messenger(stack, http):
    found = Messenger(stack.rasa_url, http)
    yield found
    await found.fails(0)
    await found.refuses(False)


async def with_agent(messenger, sim, stack):
    await messenger.says(ASK_HUMAN)
    await messenger.hears(STARTED)
    found = await conversation_of(messenger.sender, sim, stack)
    return found["id"]


async def test_an_agents_message_is_pushed(messenger, sim, stack):
    conversation = await with_agent(messenger, sim, stack)
    await sim.agent_text(conversation, "hello from Ana")
    await messenger.hears("Ana: hello from Ana")
    await messenger.says("hello Ana")
    await sim.wait_for_message(conversation, "hello Ana")
    await sim.end_session(conversation)
    await messenger.hears(ENDED)


async def test_a_failed_push_is_retried_in_order(messenger, sim, stack):
    conversation = await with_agent(messenger, sim, stack)
    await sim.agent_text(conversation, "zero")
    await messenger.hears("zero")
    await messenger.fails(2)
    await sim.agent_text(conversation, "one")
    await sim.agent_text(conversation, "two")
    await messenger.hears("Ana: two")
    said = await messenger.sent()
    assert said.index("Ana: one") < said.index("Ana: two")


async def test_a_refused_message_is_reported_and_comes_with_the_users_next(messenger, sim, stack):
    conversation = await with_agent(messenger, sim, stack)
    await sim.agent_text(conversation, "zero")
    await messenger.hears("zero")
    await messenger.refuses(True)
    await sim.agent_text(conversation, "kept for you")
    note = agent_note("not_delivered", "en", reason="the line is blocked")
    await sim.wait_for_message(conversation, note)
    await messenger.says("is your line down?")
    await sim.wait_for_message(conversation, "is your line down?")
    await messenger.refuses(False)
    await messenger.says("and now?")
    await messenger.hears("kept for you")
