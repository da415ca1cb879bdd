"""Webhooks that never come, agents that never come, and users who do not answer."""

from __future__ import annotations

import aiohttp
import pytest

from simulator import SimulatorClient
from tests.scenarios.conftest import until
from tests.scenarios.test_webchat import Page, handed_over
from tests.support.servers import Stack

ENDED = "I am the bot again"
WAITING = "next free colleague"
OFFER = "come back to me"
STARTED = "asked a colleague to join"
LATE = "What you wrote is safe"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A server with little patience."""
    settings = {
        "reconcile_every": 2,
        "takeover_after": 2,  # looked round for what is late twice as often
        "timeouts": {
            "waiting_reminder": 1.5,
            "waiting_offer": 9,
            "waiting_end": 13,
            "agent_silence_end": 6,
            "user_silence_end": 6,
            "undelivered": 1,
        },
    }
    servers = Stack(tmp_path_factory.mktemp("impatient"), settings=settings)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
async def lost_webhooks(sim: SimulatorClient):
    await sim.add_fault("lose")


async def ended_with(user, reason):
    async def look():
        return await user.slot("handoff_end_reason") == reason

    await until(look, timeout=25)


async def test_what_no_webhook_brings_is_fetched(hand_over, sim, user, lost_webhooks):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "one")
    await sim.agent_text(session.conversation, "two")
    heard = await user.hears("one", "two")
    said = [each.get("text", "") for each in heard]
    assert [text for text in said if text in ("Ana: one", "Ana: two")] == ["Ana: one", "Ana: two"]


async def test_a_removal_that_no_webhook_tells_ends_the_session(
    hand_over, sim, user, lost_webhooks
):
    session = await hand_over(user)
    await sim.delete_conversation(session.conversation)
    await ended_with(user, "conversation_removed")
    assert ENDED in str(await user.gets("hello?"))


async def test_a_wait_is_ended_in_the_end_and_the_agents_know(hand_over, sim, user):
    session = await hand_over(user)
    await ended_with(user, "no_agent")
    heard = await user.gets("What are your opening hours?")
    assert ENDED in str(heard)
    assert sum(OFFER in str(each) for each in heard) == 1
    assert WAITING not in str(heard), "reminders do not pile up where nobody can be reached"
    await sim.wait_for_message(
        session.conversation, lambda one: "Nobody answered" in one["content"].get("text", "")
    )


async def test_the_chat_page_is_told_of_the_wait_and_offered_the_bot(stack, sim):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        page = Page(stack.rasa_url, http)
        await page.begin()
        await page.say("I want to talk to a human")
        async with page.listens() as stream:
            await stream.until(WAITING)
            await stream.until(WAITING)
            offer = await stream.until(OFFER)
            assert "/end_handoff" in offer["data"]
            await page.say("/end_handoff")
            await stream.until(ENDED)


async def test_a_silent_user_is_taken_back(hand_over, sim, user):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "are you there?")
    await ended_with(user, "user_silent")


async def test_a_silent_agent_gives_the_user_back(hand_over, sim, user):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "hello")
    await user.hears("hello")
    await user.says("my question")
    await ended_with(user, "agent_silent")


async def test_a_user_hears_once_that_zendesk_does_not_take_their_words(stack, sim):
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        page = Page(stack.rasa_url, http)
        conversation = (await handed_over(page, sim, stack))["id"]
        async with page.listens() as stream:
            await stream.until(STARTED)
            await sim.agent_text(conversation, "Hello")
            await stream.until("Hello")
            await sim.add_fault("status", status=403, method="POST", path="*/messages")
            await page.say("first")
            await stream.until(LATE)
            await page.say("second")
            await sim.clear_faults()
            await sim.wait_for_message(conversation, "second")
            await sim.agent_text(conversation, "Sorry, we were away")
            await stream.until("Sorry, we were away")
    said = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert [text for text in said if text in {"first", "second"}] == ["first", "second"]
    assert str(stream.entries).count(LATE) == 1
