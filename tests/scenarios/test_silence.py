"""Inactivity: missing webhooks, missing agents, and users who do not answer."""

from __future__ import annotations

import pytest

from simulator import SimulatorClient
from tests.support.bot_texts import (
    ASK_HOURS,
    ASK_HUMAN,
    BACK_OFFER,
    DELAYED,
    ENDED,
    STARTED,
)
from tests.support.servers import Stack
from tests.support.waiting import until
from tests.support.webchat import hand_over_page, open_chat_page

WAITING = "next free colleague"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A server with short timeouts."""
    settings = {
        "reconcile_every": 2,
        "takeover_after": 2,  # half of it is the interval at which overdue messages are checked
        "timeouts": {
            "waiting_reminder": 1.5,
            "waiting_offer": 9,
            "waiting_end": 13,
            "agent_silence_end": 6,
            "user_silence_end": 6,
            "undelivered": 1,
        },
    }
    with Stack(tmp_path_factory.mktemp("short-timeouts"), settings=settings) as servers:
        yield servers


@pytest.fixture
async def lost_webhooks(sim: SimulatorClient):
    await sim.add_fault("lose")


async def ended_with(user, reason):
    async def look():
        return await user.slot("handoff_end_reason") == reason

    await until(look)


async def test_messages_without_a_webhook_are_fetched(hand_over, sim, user, lost_webhooks):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "one")
    await sim.agent_text(session.conversation, "two")
    heard = await user.hears("one", "two")
    said = [each.get("text", "") for each in heard]
    assert [text for text in said if text in ("Ana: one", "Ana: two")] == ["Ana: one", "Ana: two"]


async def test_a_removal_without_a_webhook_ends_the_session(hand_over, sim, user, lost_webhooks):
    session = await hand_over(user)
    await sim.delete_conversation(session.conversation)
    await ended_with(user, "conversation_removed")
    assert ENDED in str(await user.gets("hello?"))


async def test_the_end_of_the_waiting_time_is_noted_in_the_ticket(hand_over, sim, user):
    session = await hand_over(user)
    await ended_with(user, "no_agent")
    heard = await user.gets(ASK_HOURS)
    assert ENDED in str(heard)
    assert sum(BACK_OFFER in str(each) for each in heard) == 1
    assert WAITING not in str(heard), "reminders do not pile up for a user who cannot be reached"
    await sim.wait_for_message(
        session.conversation, lambda one: "Nobody answered" in one["content"].get("text", "")
    )


async def test_the_chat_page_shows_reminders_and_the_offer_to_return(stack, sim):
    async with open_chat_page(stack.rasa_url) as page:
        await page.start()
        await page.says(ASK_HUMAN)
        async with page.listens() as stream:
            await stream.until(WAITING)
            await stream.until(WAITING)
            offer = await stream.until(BACK_OFFER)
            assert "/end_handoff" in offer["data"]
            await page.says("/end_handoff")
            await stream.until(ENDED)


async def test_a_silent_user_returns_to_the_bot(hand_over, sim, user):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "are you there?")
    await ended_with(user, "user_silent")


async def test_a_silent_agent_ends_the_session(hand_over, sim, user):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "hello")
    await user.hears("hello")
    await user.says("my question")
    await ended_with(user, "agent_silent")


async def test_a_user_is_notified_once_of_undelivered_messages(stack, sim):
    async with open_chat_page(stack.rasa_url) as page:
        conversation = (await hand_over_page(page, sim, stack))["id"]
        async with page.listens() as stream:
            await stream.until(STARTED)
            await sim.agent_text(conversation, "Hello")
            await stream.until("Hello")
            await sim.add_fault("status", status=403, method="POST", path="*/messages")
            await page.says("first")
            await stream.until(DELAYED)
            await page.says("second")
            await sim.clear_faults()
            await sim.wait_for_message(conversation, "second")
            await sim.agent_text(conversation, "Sorry, we were away")
            await stream.until("Sorry, we were away")
    said = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert [text for text in said if text in {"first", "second"}] == ["first", "second"]
    assert str(stream.entries).count(DELAYED) == 1
