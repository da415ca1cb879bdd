"""Rasa's ``callback``: whatever the receiver answers, no message is lost or comes twice."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ENDED
from tests.support.callback import CallbackUser
from tests.support.channel_table import proves
from tests.support.platforms.scenario import (
    ALL_KINDS,
    LONG,
    hears,
    sends_all_kinds,
    shows_all_kinds,
)
from tests.support.users import texts_of_user
from tests.support.waiting import until


@pytest.fixture
async def user(stack, http):
    async with CallbackUser(stack, http) as found:
        yield found


@pytest.mark.parametrize("status", [503, 429])
async def test_a_receiver_that_is_down_gets_each_message_once(user, sim, status):
    conversation = await user.is_handed_over(sim)
    await sim.agent_text(conversation, "before")
    await user.hears("before")
    user.refuses_with = status
    await sim.agent_text(conversation, "while it is down")
    await sim.agent_text(conversation, "and this")

    async def is_refused():
        return user.refused >= 2

    await until(is_refused)
    user.refuses_with = None
    await user.hears("and this")
    assert user.heard[-3:] == ["Ana: before", "Ana: while it is down", "Ana: and this"]
    await sim.end_session(conversation)
    await user.hears(ENDED)
    heard = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert not any("could not be delivered" in str(each) for each in heard)


@pytest.mark.parametrize("status", [302, 307, 410])
async def test_a_receiver_that_has_moved_gets_it_with_the_users_next_message(user, sim, status):
    conversation = await user.is_handed_over(sim)
    user.refuses_with = status
    await sim.agent_text(conversation, "to nobody, for now", agent="Jörg O'Neil")
    told = await sim.wait_for_message(
        conversation, lambda one: "could not be delivered" in str(one["content"].get("text"))
    )
    assert str(status) in told["content"]["text"]
    assert user.refused >= 1
    user.refuses_with = None
    await user.says("are you there?")
    await hears(lambda: user.heard, "to nobody, for now")


async def test_a_button_that_is_pressed_before_its_message_is_recorded(user, sim):
    conversation = await user.is_handed_over(sim)
    await sim.agent_text(conversation, "hello")
    await user.hears("hello")
    user.is_hasty = True
    choices = [{"type": "reply", "text": each, "payload": each.upper()} for each in ("Yes", "No")]
    await sim.agent_content(
        conversation, {"type": "text", "text": "Is it broken?", "actions": choices}
    )
    pressed = await sim.wait_for_message(
        conversation, lambda one: one["content"].get("payload") == "YES"
    )
    assert pressed["content"]["text"] == "Yes"


@proves(
    *("callback", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    place="in words",
    buttons="yes",
    links_and_cards="in words",
    push="yes",
)
@proves(
    *("callback", "from user"),
    text="yes",
    picture="not seen",
    voice="not seen",
    file="not seen",
    place="not seen",
    button="yes",
    edit="not seen",
)
async def test_a_talk(user, sim):
    conversation = await user.is_handed_over(sim)
    await sends_all_kinds(sim, conversation)

    def texts():
        return [each["text"] for each in user.bodies if "text" in each]

    await shows_all_kinds(texts, lambda: map(str, user.bodies), in_words=ALL_KINDS & {"place"})
    assert LONG in await hears(texts, "number 399 of a long answer.")
    assert any(each.get("attachment", "").endswith("terms.pdf") for each in user.bodies)
    asked = next(each for each in user.bodies if each.get("buttons"))
    await user.says(asked["buttons"][0]["payload"])
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
    # Rasa's channel reads the text alone.
    files = [
        {"media_url": f"https://shop.example/{name}", "media_type": kind}
        for name, kind in (("a.png", "image/png"), ("a.ogg", "audio/ogg"), ("a.pdf", "x/y"))
    ]
    place = {"latitude": 52.5, "longitude": 13.4}
    await user.says("with more", metadata={"attachments": files}, location=place, edited={"ts": 1})
    await sim.wait_for_message(conversation, "with more")
    messages = await sim.messages(conversation)
    assert texts_of_user(messages) == ["The red one", "with more"]
