"""Google Chat: Rasa's own ``hangouts``, which only answers requests."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, NOT_PASSED_ON, STARTED
from tests.support.channel_table import proves
from tests.support.platforms.hangouts import GoogleChatUser
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    restart_killed,
    sends_all_kinds,
    shows_all_kinds,
)
from tests.support.users import conversation_of, texts_of_user
from tests.support.waiting import until

GIF = {"uri": "https://media.tenor.example/kettle.gif"}


@pytest.fixture
def user(stack, http):
    return GoogleChatUser(stack.rasa_url, http)


async def opens(user, sim, stack):
    assert STARTED in await user.says(ASK_HUMAN)
    return (await conversation_of(user.name, sim, stack))["id"]


def is_pending(stack, user, words):
    """Make a check that a message with these words waits for the user's next one."""

    async def check():
        query = (
            "SELECT count(*) FROM pending_messages "
            "WHERE delivered_at IS NULL AND sender_id = :sender AND body LIKE :words"
        )
        return stack.count(query, sender=user.name, words=f"%{words}%")

    return check


@proves(
    *("hangouts", "from user"),
    text="yes",
    picture="not seen",  # without words; with words the user is told
    voice="not seen",
    file="not seen",
    edit="not seen",
)
async def test_what_a_user_sends(user, stack, sim):
    conversation = await opens(user, sim, stack)
    for kind in ("image/png", "audio/ogg", "application/pdf"):
        file = {"contentName": "a", "contentType": kind, "source": "UPLOADED_CONTENT"}
        await user.sends(status=500, attachment=[file])
        assert NOT_PASSED_ON in await user.says(f"look at this {kind}", attachment=[file])
    assert NOT_PASSED_ON in await user.says("ha", attachedGifs=[GIF])
    await user.causes("REMOVED_FROM_SPACE")
    await user.causes("ADDED_TO_SPACE")
    await user.says("order 12345")
    user.edits("order 12354")
    assert NOT_PASSED_ON not in await user.says("that is all")
    await sim.wait_for_message(conversation, "that is all")
    said = texts_of_user(await sim.messages(conversation))
    kinds = ("image/png", "audio/ogg", "application/pdf")
    assert said == [
        *(f"look at this {kind}" for kind in kinds),
        *("ha", "order 12345", "that is all"),
    ]
    log = (stack.folder / "rasa.log").read_text()
    assert "Google Chat's events report no corrections" in log


@proves("hangouts", "from user", button="yes")
@proves(
    *("hangouts", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="in words",
    place="in words",
    buttons="yes",
    links_and_cards="in words",
)
async def test_all_that_an_agent_sends(user, stack, sim):
    conversation = await opens(user, sim, stack)
    await sim.agent_text(conversation, f"At first: {LONG}")  # one answer does not hold both
    await sends_all_kinds(sim, conversation)

    async def is_whole():
        await user.says("still there?")
        return any("Which one?" in each for each in user.texts())

    await until(is_whole)
    assert user.refused == []
    words = {"file", "place", "links"}
    await shows_all_kinds(user.texts, user.seen, in_words=words)
    assert any("At first:" in each and "number 399" in each for each in user.texts())
    assert any("label.png" in each for each in user.pictures())
    await user.presses("The red one")
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
    await sim.end_session(conversation)

    async def is_over():
        return ENDED in await user.says(ASK_HOURS)

    await until(is_over)
    assert HOURS in await user.says(ASK_HOURS)
    assert user.refused == []


async def test_an_agents_words_are_literal(user, stack, sim):
    conversation = await opens(user, sim, stack)
    words = "Is 1 < 2? <users/all> <https://shop.example/both?a=1&b=2|here>"
    await sim.agent_text(conversation, f"1 {words}", agent="<b>Mo</b>")
    await until(is_pending(stack, user, "here"))
    await user.says("still there?")
    await sim.agent_text(conversation, f"2 {words}", agent="<b>Mo</b>")
    await sim.agent_image(conversation, PNG, filename="label.png")
    await until(is_pending(stack, user, "label.png"))
    await user.says("still there?")  # with a picture all of the answer is in cards
    assert any("label.png" in each for each in user.pictures())
    for number in (1, 2):
        assert any(f"<b>Mo</b>: {number} {words}" in each for each in user.texts())


@proves("hangouts", "to user", push="no", after_a_restart="yes")
async def test_what_is_written_meanwhile_comes_with_the_next_message(user, stack, sim):
    conversation = await opens(user, sim, stack)
    await sim.agent_text(conversation, "hello *there*", agent="Jörg O'Neil")
    await until(is_pending(stack, user, "hello"))
    await restart_killed(stack)
    assert "Jörg O'Neil: hello *there*" in await user.says("still there?")
    assert "hello" not in await user.says("and now?")
    await sim.wait_for_message(conversation, "and now?")
    said = texts_of_user(await sim.messages(conversation))
    assert said == ["still there?", "and now?"]
