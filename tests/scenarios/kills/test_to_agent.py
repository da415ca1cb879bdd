"""SIGKILL while a user's message is passed to the agent: once, in order, or refused honestly."""

from __future__ import annotations

import uuid

from tests.support.bot_texts import DELAYED, NOT_PASSED_ON
from tests.support.callback import CallbackUser
from tests.support.kills import kills
from tests.support.recovery import REFUSED, TAKEOVER, hears, times, try_to_say
from tests.support.users import texts_of_user
from tests.support.waiting import until
from tests.support.webchat import PNG, open_chat_page

#: A kill restarts a server, which is slow on a busy machine.


@kills("forwarding")
async def test_forwarding(kill, hand_over, sim, user):
    session = await hand_over(user)
    async with kill:
        await try_to_say(user, "one")
    await user.says("two")
    await sim.wait_for_message(session.conversation, "two", timeout=TAKEOVER)
    assert texts_of_user(await sim.messages(session.conversation)) == ["one", "two"]


@kills("message on the chat page")
async def test_message_on_the_chat_page(kill, sim, stack):
    async with open_chat_page(stack.rasa_url) as page:
        conversation = await page.is_handed_over(sim, stack)
        message_id = str(uuid.uuid4())
        async with kill:
            is_acknowledged = await page.try_to_say("only once", id=message_id)
        if not is_acknowledged:
            await page.says("only once", id=message_id)  # as the page does
        await page.says("and then this")
        await sim.wait_for_message(conversation, "and then this", timeout=TAKEOVER)
        assert texts_of_user(await sim.messages(conversation)) == ["only once", "and then this"]


@kills("file on the chat page")
async def test_file_on_the_chat_page(kill, sim, stack):
    async with open_chat_page(stack.rasa_url) as page:
        conversation = await page.is_handed_over(sim, stack)
        message_id = str(uuid.uuid4())
        async with kill:
            is_acknowledged = await page.try_to_upload(PNG, id=message_id)
        if not is_acknowledged:
            await page.uploads(PNG, id=message_id)
        await page.says("and then this")
        await sim.wait_for_message(conversation, "and then this", timeout=TAKEOVER)
        messages = await sim.messages(conversation)
        by_user = [one["content"]["type"] for one in messages if one["author"]["type"] == "user"]
        assert by_user == ["image", "text"]


@kills("change of channel")
async def test_change_of_channel(kill, hand_over, sim, stack, http, user):
    """The user goes on from another channel, which proves who they are."""
    session = await hand_over(user)
    async with CallbackUser(stack, http, sender=user.sender, channel="provencallback") as elsewhere:
        async with kill:
            is_acknowledged = await elsewhere.try_to_say("one")
        if kill.place == "rasa: Sessions.change_place":
            assert not is_acknowledged
            await elsewhere.says("one")
        await elsewhere.says("two")
        await sim.wait_for_message(session.conversation, "two", timeout=TAKEOVER)
        assert texts_of_user(await sim.messages(session.conversation)) == ["one", "two"]
        await sim.agent_text(session.conversation, "found you")
        await elsewhere.hears("found you")


@kills("refused message")
async def test_refused_message(kill, hand_over, sim, stack, user):
    session = await hand_over(user)
    path = f"/conversations/{session.conversation}/messages"
    fault = await sim.add_fault("status", status=400, method="POST", path=path)
    async with kill:
        await try_to_say(user, "one")

    async def is_refused():
        return stack.count(REFUSED, sender=user.sender) == 1

    await until(is_refused, timeout=TAKEOVER)
    await sim.clear_faults(fault)
    assert times(NOT_PASSED_ON, await hears(user, NOT_PASSED_ON)) == 1
    await user.says("two")
    await sim.wait_for_message(session.conversation, "two", timeout=TAKEOVER)
    assert "one" not in texts_of_user(await sim.messages(session.conversation))


@kills("overdue message")
async def test_overdue_message(kill, hand_over, sim, user):
    """Zendesk cannot be reached until the user has been told that the message waits."""
    session = await hand_over(user)
    path = f"/conversations/{session.conversation}/messages"
    fault = await sim.add_fault("drop", method="POST", path=path)
    async with kill:
        await try_to_say(user, "one")
    heard = await hears(user, DELAYED, asking="two")
    await sim.clear_faults(fault)
    await user.says("three")
    await sim.wait_for_message(session.conversation, "three", timeout=TAKEOVER)
    assert times(DELAYED, heard) == 1
    texts = texts_of_user(await sim.messages(session.conversation))
    assert [text for text in texts if text != "two"] == ["one", "three"]
