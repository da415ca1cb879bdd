"""A request for a person at night and on a holiday, and questions before a handover."""

from __future__ import annotations

from tests.support.bot_texts import (
    ASK_HOURS,
    ASK_HUMAN,
    CLOSED,
    HOURS,
    OFFER_MESSAGE,
    STARTED,
)
from tests.support.hours import BACK
from tests.support.users import conversation_of, texts_of_user
from zendesk_handoff.domain.responses import (
    ASK_EMAIL,
    ASK_MESSAGE,
    ASK_NAME,
    ASK_TOPIC,
    CONTACT,
    LEAVE_MESSAGE,
    MESSAGE_SENT,
    NO_EMAIL,
    default_response,
)

EMAIL = "jo@example.com"


async def test_at_night_a_message_is_left_and_the_bot_goes_on(stack, sim, new_user):
    user = new_user(workspace="night")
    closed, *asked = await user.says(ASK_HUMAN)
    assert CLOSED in closed
    assert f"{BACK:%A} at 9 am" in closed
    assert asked == [default_response(LEAVE_MESSAGE), default_response(ASK_EMAIL)]
    assert await user.says("jo at example") == [
        default_response(NO_EMAIL),
        default_response(ASK_EMAIL),
    ]
    assert await user.says(f"it is {EMAIL}") == [default_response(ASK_MESSAGE)]
    message = "I want to talk to a human: my lamp flickers 💡"
    assert await user.says(message) == [default_response(MESSAGE_SENT, email=EMAIL)]
    found = await conversation_of(user.sender, sim, stack, connector="night")
    assert found["ticket"]["fields"]["requester.email"] == EMAIL
    assert "rasa_offline_message" in found["ticket"]["fields"]["tags"]
    assert texts_of_user(found["messages"]) == [message]
    assert EMAIL in found["messages"][0]["content"]["text"]
    assert any(HOURS in text for text in await user.says(ASK_HOURS)), "the bot answers"
    assert await user.slot("handoff_status") == "message_left"
    assert not (await user.tracker())["paused"]
    assert texts_of_user(await sim.messages(found["id"])) == [message], "nothing is forwarded"


async def test_a_frustrated_user_is_offered_what_is_possible_at_night(stack, sim, new_user):
    user = new_user(workspace="night")
    replies = await user.says("this is ridiculous, your answers are useless!")
    assert any(OFFER_MESSAGE in text for text in replies)
    replies = await user.says("yes please")
    assert replies[-1] == default_response(ASK_EMAIL)
    assert await user.says(EMAIL) == [default_response(ASK_MESSAGE)]
    await user.says("nothing works, you stupid bot")
    found = await conversation_of(user.sender, sim, stack, connector="night")
    assert "had enough" in found["messages"][0]["content"]["text"]


async def test_on_a_holiday_nobody_is_promised(stack, sim, new_user):
    user = new_user(workspace="holiday")
    [closed] = await user.says(ASK_HUMAN)
    assert CLOSED in closed
    assert f"{BACK:%A} at midnight" in closed
    assert await user.slot("handoff_opens") == f"{BACK}T00:00:00+00:00"
    assert any(HOURS in text for text in await user.says(ASK_HOURS))
    assert not any("?" in text for text in await user.says("this is ridiculous, you useless bot"))
    assert await sim.conversations(stack.connectors["holiday"]["app_id"]) == []


async def test_the_designers_questions_come_first(stack, sim, new_user):
    user = new_user(workspace="questions")
    assert await user.says(ASK_HUMAN) == [default_response(CONTACT), default_response(ASK_NAME)]
    assert await user.says("Mara Lind") == [default_response(ASK_EMAIL)]
    assert await user.says("no thanks") == [default_response(ASK_TOPIC)]
    assert any(STARTED in text for text in await user.says("a lamp that flickers"))
    found = await conversation_of(user.sender, sim, stack, connector="questions")
    summary = found["messages"][0]["content"]["text"]
    assert "topic: a lamp that flickers" in summary
    assert "Mara Lind" in summary
    await user.says("hello?")
    await sim.wait_for_message(found["id"], "hello?")


async def test_questions_are_left(stack, sim, new_user):
    user = new_user(workspace="questions")
    await user.says(ASK_HUMAN)
    [declined] = await user.says("cancel")
    assert "try again together" in declined
    assert any(HOURS in text for text in await user.says(ASK_HOURS))
    assert await user.says(ASK_HUMAN) == [default_response(CONTACT), default_response(ASK_NAME)]
    assert any(STARTED in text for text in await user.says(ASK_HUMAN)), "a person is wanted at once"
    await conversation_of(user.sender, sim, stack, connector="questions")
