"""SIGKILL at every failpoint of an open session: nothing is lost, duplicated or left unfinished."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp
import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.crashes import TAKEOVER, hears_once, try_to_say
from tests.support.users import conversation_of, texts_of_user
from tests.support.waiting import until, until_none_left
from tests.support.webchat import open_chat_page
from zendesk_handoff import failpoints

JOINED = "Ana is here now"
#: Reached with the first message after a session, not at its end.
RESTARTED = "end.restarted"
#: Every test restarts a server, which is slow on a busy machine.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("failpoint", failpoints.FORWARDING)
async def test_crash_while_forwarding(crash, hand_over, sim, user, failpoint):
    session = await hand_over(user)
    crash.arm(failpoint)
    await try_to_say(user, "one")
    await crash.restart("rasa")
    await user.says("two")
    await sim.wait_for_message(session.conversation, "two", timeout=TAKEOVER)
    assert texts_of_user(await sim.messages(session.conversation)) == ["one", "two"]


@pytest.mark.parametrize("failpoint", failpoints.CLOSING)
async def test_crash_while_the_user_ends_the_session(crash, hand_over, sim, new_user, failpoint):
    user = new_user(workspace="wholesale")
    session = await hand_over(user, connector="wholesale")
    crash.arm(failpoint)
    await try_to_say(user, "/end_handoff")
    await crash.restart("rasa")
    await sim.wait_for_state(
        session.conversation, lambda one: one["control"]["active"] is None, timeout=TAKEOVER
    )
    closing_notes = [
        one
        for one in await sim.messages(session.conversation)
        if "has left" in one["content"].get("text", "")
    ]
    assert len(closing_notes) == 1
    assert any(HOURS in text for text in await user.says(ASK_HOURS))


@pytest.mark.parametrize("failpoint", [*failpoints.RECEIVING, *failpoints.DELIVERING])
async def test_crash_while_delivering_an_agents_message(crash, hand_over, sim, user, failpoint):
    session = await hand_over(user)
    crash.arm(failpoint)
    await sim.agent_text(session.conversation, "first words", agent="Ana")
    await crash.restart("rasa")
    await sim.agent_text(session.conversation, "second words", agent="Ana")
    heard = await hears_once(user, JOINED, "first words", "second words")
    said = [each.get("text", "") for each in heard]
    order = [next(n for n, text in enumerate(said) if word in text) for word in ("first", "second")]
    assert order == sorted(order)
    assert "second words" not in str(await user.gets("anything else?"))


@pytest.mark.parametrize("failpoint", failpoints.PENDING)
async def test_crash_while_handing_out_pending_messages(crash, hand_over, sim, user, failpoint):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "read me once")
    crash.arm(failpoint)
    for _ in range(20):
        await try_to_say(user, "anything new?")
        if not crash.is_armed():
            break
        await asyncio.sleep(0.2)
    await crash.restart("rasa")
    await hears_once(user, "read me once")


@pytest.mark.parametrize("failpoint", [each for each in failpoints.ENDING if each != RESTARTED])
async def test_crash_while_a_session_ends(crash, hand_over, sim, user, failpoint):
    session = await hand_over(user)
    await user.says("it is about a kettle")
    await sim.agent_text(session.conversation, "all done")
    await user.hears("all done")
    crash.arm(failpoint)
    await sim.end_session(session.conversation)
    await crash.restart("rasa")
    heard = []

    async def answered():
        heard.extend(await user.gets(ASK_HOURS))
        return HOURS in str(heard)

    await until(answered, timeout=TAKEOVER)
    assert sum(ENDED in str(each) for each in heard) == 1
    events = (await user.tracker())["events"]
    for words in ("it is about a kettle", "all done"):
        assert sum(each.get("text") == words for each in events) == 1, (
            f"{words!r} is in the tracker once"
        )


async def test_crash_at_the_restart_of_the_rasa_session(crash, hand_over, sim, user):
    session = await hand_over(user)
    await sim.end_session(session.conversation)

    async def ended():
        return await user.slot("handoff_status") == "ended"

    await until(ended)
    crash.arm(RESTARTED)
    await try_to_say(user, ASK_HOURS)
    await crash.restart("rasa")
    assert any(HOURS in text for text in await user.says(ASK_HOURS))


@pytest.mark.parametrize("failpoint", failpoints.WEBCHAT)
async def test_crash_while_handling_a_message_of_the_chat_page(crash, sim, stack, failpoint):
    async with open_chat_page(stack.rasa_url) as page:
        await page.start()
        await page.says(ASK_HUMAN)
        found = await conversation_of(page.sender, sim, stack)
        async with page.listens() as stream:
            await stream.until(STARTED)
        # The bot's answer is shown before its turn is over: the first message must not reach the
        # failpoint, or the server is dead before it can acknowledge the second.
        unhandled = "SELECT count(*) FROM chat WHERE sender_id = ? AND work IS NOT NULL"
        await until_none_left(stack.folder / "handoff.db", unhandled, page.sender)
        crash.arm(failpoint)
        with suppress(aiohttp.ClientError):
            await page.says("only once")
        await crash.restart("rasa")
        await page.says("and then this")
        await sim.wait_for_message(found["id"], "and then this", timeout=TAKEOVER)
        assert texts_of_user(await sim.messages(found["id"])) == ["only once", "and then this"]
