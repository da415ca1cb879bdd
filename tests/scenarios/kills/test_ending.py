"""SIGKILL while a session ends: the user hears of it once, and the bot answers again."""

from __future__ import annotations

from contextlib import suppress

import aiohttp

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS, NOT_PASSED_ON
from tests.support.kills import kills
from tests.support.recovery import (
    REFUSED,
    TAKEOVER,
    hears,
    hears_the_pending,
    is_back_with_the_bot,
    times,
    try_to_say,
)
from tests.support.waiting import until
from tests.support.webchat import open_chat_page

#: A kill restarts a server, which is slow on a busy machine.


@kills("end by the agent")
async def test_end_by_the_agent(kill, hand_over, sim, user):
    session = await hand_over(user)
    await user.says("it is about a kettle")
    await sim.agent_text(session.conversation, "all done")
    await user.hears("all done")
    async with kill:
        await sim.end_session(session.conversation)
    heard = await is_back_with_the_bot(user)
    assert times(ENDED, heard) == 1
    events = (await user.tracker())["events"]
    for words in ("it is about a kettle", "all done"):
        assert sum(each.get("text") == words for each in events) == 1, (
            f"{words!r} is in the tracker once"
        )


@kills("end on the chat page")
async def test_end_on_the_chat_page(kill, sim, stack):
    async with open_chat_page(stack.rasa_url) as page:
        conversation = await page.is_handed_over(sim, stack)
        async with kill:
            await sim.end_session(conversation)
        await page.shows(ENDED)
        await page.says(ASK_HOURS)
        shown = await page.shows(HOURS)
        assert times(ENDED, shown) == 1


@kills("end by the user")
async def test_end_by_the_user(kill, hand_over, sim, stack, new_user):
    user = new_user(workspace="wholesale")
    session = await hand_over(user, connector="wholesale")
    async with kill:
        answer = await try_to_say(user, "/end_handoff")
    await sim.wait_for_state(
        session.conversation, lambda one: one["control"]["active"] is None, timeout=TAKEOVER
    )
    assert await closing_notes(sim, session, "The user has left") == 1
    heard = await is_back_with_the_bot(user, answer)
    heard = await hears_the_pending(user, stack, heard)
    assert 1 <= times(ENDED, heard) <= 1 + kill.may_be_repeated(answer)


@kills("end by the bot")
async def test_end_by_the_bot(kill, hand_over, sim, stack, http, user):
    """Another system lets Rasa execute the action."""
    session = await hand_over(user)
    url = f"{stack.rasa_url}/conversations/{user.sender}/execute"
    async with kill:
        with suppress(aiohttp.ClientError):
            async with http.post(url, json={"name": "action_end_handoff"}) as answer:
                await answer.read()
    heard = await is_back_with_the_bot(user)
    assert times(ENDED, heard) == 1

    async def is_noted():
        return await closing_notes(sim, session, "The bot has taken over")

    await until(is_noted, timeout=TAKEOVER)
    assert await closing_notes(sim, session, "The bot has taken over") == 1


async def closing_notes(sim, session, words):
    messages = await sim.messages(session.conversation)
    return sum(words in one["content"].get("text", "") for one in messages)


@kills("removed conversation")
async def test_removed_conversation(kill, hand_over, sim, stack, user):
    session = await hand_over(user)
    await sim.add_fault("status", status=404, path=f"/conversations/{session.conversation}*")
    async with kill:
        await try_to_say(user, "one")
    heard = await is_back_with_the_bot(user)
    assert times(ENDED, heard) == 1
    # The user may be back before a restarted server has delivered the notice.
    heard = await hears(user, NOT_PASSED_ON, heard=heard, asking=ASK_HOURS, pause=0.5)
    # After a kill the user may write again before the session has ended.
    assert 1 <= times(NOT_PASSED_ON, heard) <= stack.count(REFUSED, sender=user.sender)


@kills("first message after the end")
async def test_first_message_after_the_end(kill, hand_over, sim, stack, user):
    session = await hand_over(user)
    await sim.end_session(session.conversation)

    async def ended():
        return await user.slot("handoff_status") == "ended"

    await until(ended)
    async with kill:
        answer = await try_to_say(user, ASK_HOURS)
    heard = await is_back_with_the_bot(user, answer)
    heard = await hears_the_pending(user, stack, heard)
    assert 1 <= times(ENDED, heard) <= 1 + kill.may_be_repeated(answer)


@kills("end with a solved ticket")
async def test_end_with_a_solved_ticket(kill, hand_over, sim, user):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "all done")
    await user.hears("all done")
    async with kill:
        await sim.solve(session.conversation)
    await sim.wait_for_state(
        session.conversation, lambda one: one["control"]["active"] is None, timeout=TAKEOVER
    )
    heard = await is_back_with_the_bot(user)
    assert times(ENDED, heard) == 1
    assert await user.slot("handoff_end_reason") == "solved"
