"""SIGKILL while an agent's message is delivered to the user: once, and in order."""

from __future__ import annotations

from tests.support.bot_texts import BACK_OFFER
from tests.support.callback import CallbackUser
from tests.support.kills import kills
from tests.support.recovery import (
    TAKEOVER,
    are_in_order,
    hears,
    hears_the_pending,
    times,
    try_to_say,
)
from tests.support.waiting import until
from tests.support.webchat import open_chat_page
from zendesk_handoff.handover.agent_notes import agent_note

#: A kill restarts a server, which is slow on a busy machine.

JOINED = "Ana is here now"
PICTURE = {"type": "image", "mediaUrl": "https://shop.example/lid.png", "text": "look"}
WORDS = (JOINED, "first words", "second words")
PENDING = "SELECT count(*) FROM pending_messages WHERE sender_id = :sender AND delivered_at IS NULL"


@kills("delivery")
async def test_delivery(kill, hand_over, sim, user):
    session = await hand_over(user)
    async with kill:
        await sim.agent_text(session.conversation, "first words", agent="Ana")
    await sim.agent_text(session.conversation, "second words", agent="Ana")
    await is_heard_once(user)


@kills("missed message")
async def test_missed_message(kill, hand_over, sim, user):
    """No webhook reports the first message: the second one does."""
    session = await hand_over(user)
    await sim.add_fault("lose", event="conversation:message", count=1)
    await sim.agent_text(session.conversation, "first words", agent="Ana")
    async with kill:
        await sim.agent_text(session.conversation, "second words", agent="Ana")
    await is_heard_once(user)


async def is_heard_once(user):
    heard = await hears(user, *WORDS)
    assert [times(word, heard) for word in WORDS] == [1, 1, 1]
    assert are_in_order(heard, *WORDS)
    assert times("second words", await user.gets("anything else?")) == 0


@kills("pending messages")
async def test_pending_messages(kill, hand_over, sim, stack, user):
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "read me once", agent="Ana")

    async def are_pending():
        return stack.count(PENDING, sender=user.sender) == 2

    await until(are_pending)
    async with kill:
        answer = await try_to_say(user, "anything new?")
    heard = await hears_the_pending(user, stack, answer)
    assert 1 <= times("read me once", heard) <= 1 + kill.may_be_repeated(answer)


@kills("delivery to the chat page")
async def test_delivery_to_the_chat_page(kill, sim, stack):
    async with open_chat_page(stack.rasa_url) as page:
        conversation = await page.is_handed_over(sim, stack)
        async with kill:
            await sim.agent_text(conversation, "first words", agent="Ana")
        await sim.agent_text(conversation, "second words", agent="Ana")
        shown = await page.shows("second words")
        assert [times(word, shown) for word in WORDS] == [1, 1, 1]
        assert are_in_order(shown, *WORDS)


@kills("delivery by a channel that pushes")
async def test_delivery_by_a_channel_that_pushes(kill, sim, stack, http):
    async with CallbackUser(stack, http) as user:
        conversation = await user.is_handed_over(sim)
        async with kill:
            await sim.agent_text(conversation, "first words", agent="Ana")
        await sim.agent_text(conversation, "second words", agent="Ana")
        await user.hears("second words")
        # The channel keeps no record: what was sent and not noted is sent again.
        is_joined_repeated = kill.place == "rasa: POST /callback"
        is_first_repeated = kill.place == "rasa: POST /callback#2"
        assert times(JOINED, user.heard) == 1 + is_joined_repeated
        assert times("first words", user.heard) == 1 + is_first_repeated
        assert times("second words", user.heard) == 1
        assert are_in_order(user.heard, *WORDS)


@kills("delivery in parts")
async def test_delivery_in_parts(kill, sim, stack, http):
    async with CallbackUser(stack, http) as user:
        conversation = await user.is_handed_over(sim)
        await sim.agent_text(conversation, "first words", agent="Ana")
        await user.hears("first words")
        async with kill:
            await sim.agent_content(conversation, PICTURE, agent="Ana")
        await user.hears("lid.png")
        await sim.agent_text(conversation, "second words", agent="Ana")
        await user.hears("second words")
        # A part that was sent and not noted is sent again, and no other.
        assert times("Ana: look", user.heard) == 1 + (kill.place == "rasa: POST /callback")
        assert times("lid.png", user.heard) == 1 + (kill.place == "rasa: POST /callback#2")
        assert are_in_order(user.heard, "Ana: look", "lid.png", "second words")


@kills("refused delivery")
async def test_refused_delivery(kill, sim, stack, http):
    async with CallbackUser(stack, http) as user:
        conversation = await user.is_handed_over(sim)
        await sim.agent_text(conversation, "first words", agent="Ana")
        await user.hears("first words")
        user.refuses_with = 400
        async with kill:
            await sim.agent_text(conversation, "second words", agent="Ana")
        note = agent_note("not_delivered", "en", reason="the channel answered 400")
        await sim.wait_for_message(conversation, note, timeout=TAKEOVER)
        user.refuses_with = None
        await user.says("anything new?")
        await user.hears("second words")
        assert times("second words", user.heard) == 1
        messages = await sim.messages(conversation)
        assert times(note, [each["content"].get("text") for each in messages]) == 1


@kills("offer to return")
async def test_offer_to_return(kill, hand_over, sim, user):
    """The agent falls silent."""
    session = await hand_over(user)
    await sim.agent_text(session.conversation, "one moment", agent="Ana")
    await hears(user, "one moment")
    async with kill:
        pass
    heard = await hears(user, BACK_OFFER, pause=1)
    assert times(BACK_OFFER, heard) == 1
