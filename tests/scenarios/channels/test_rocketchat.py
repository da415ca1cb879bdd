"""Rocket.Chat: Rasa's own channel, with a local imitation of the API."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, NOT_PASSED_ON, STARTED
from tests.support.channel_table import proves
from tests.support.platforms import rocketchat
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_told_and_comes_later,
    starts,
    uploaded,
)
from tests.support.users import conversation_of, texts_of_user
from tests.support.waiting import until


@pytest.fixture
def api(apis):
    return apis.rocketchat


@pytest.fixture
def talk(new_talk):
    return new_talk("rocketchat")


@proves(
    *("rocketchat", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    buttons="yes",
    links_and_cards="in words",
    push="yes",
)
@proves(
    *("rocketchat", "from user"),
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="yes",
    button="yes",
    edit="yes",
)
async def test_a_talk_in_a_room(talk, api, sim, stack):
    user, texts = talk.user, talk.texts
    conversation = await starts(talk, sim, stack)
    await sim.agent_text(conversation, "*Hello* @all, see https://x.example/a_b", agent="عائشة")
    await hears(texts, "عائشة: *Hello* @all, see https://x.example/a_b")
    assert "@all" not in str(api.posts)
    await sim.agent_text(conversation, "me too", agent="王 小明")
    await hears(texts, "王 小明: me too")
    await sim.agent_text(conversation, LONG)
    await hears(texts, "number 399 of a long answer.")
    await sim.agent_image(conversation, PNG, filename="label.png", text="your label")
    await hears(texts, "/label.png")
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    await hears(texts, "/terms.pdf")
    actions = [
        {"type": "reply", "text": "The red one", "payload": "RED"},
        {"type": "link", "text": "See both", "uri": "https://shop.example/both"},
    ]
    await sim.agent_content(
        conversation, {"type": "text", "text": "Which kettle?", "actions": actions}
    )
    await hears(texts, "See both: https://shop.example/both")
    (post,) = (each for each in api.posts if "Which kettle?" in (each.get("text") or ""))
    await user.says(post["attachments"][0]["actions"][0]["msg"])  # what the app does on a press
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
    api.files |= {"f1": (PNG, "image/png"), "f2": (b"ID3", "audio/mpeg")}
    files = [
        {"_id": "f1", "name": "lid.png", "type": "image/png"},
        {"_id": "f2", "name": "note.mp3", "type": "audio/mpeg"},
    ]
    await user.says("", message={"files": files})
    assert (await uploaded(sim, conversation))["mediaUrl"]
    assert (await uploaded(sim, conversation, "file"))["mediaUrl"]
    await user.shares(location={"type": "Point", "coordinates": [13.4, 52.5]})
    place = await uploaded(sim, conversation, "location")
    assert place["coordinates"] == {"lat": 52.5, "long": 13.4}
    message_id = await user.says("order 12345", times=3)
    await user.says("order 12354", message_id=message_id, isEdited=True, times=2)
    await sim.wait_for_message(conversation, "Corrected: order 12354")
    await user.says("that is all")
    await sim.wait_for_message(conversation, "that is all")
    assert not any(NOT_PASSED_ON in each for each in texts())
    heard = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert heard.count("order 12345") == heard.count("Corrected: order 12354") == 1
    await sim.end_session(conversation)
    await hears(texts, ENDED)
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)


async def test_the_user_hears_of_what_rocketchat_does_not_tell(new_talk, talk, api, sim, stack):
    conversation = await starts(talk, sim, stack)
    elsewhere = new_talk("rocketchat").user
    point = {"type": "Point", "coordinates": [13.4, 52.5]}
    of_another_room = {"_id": rocketchat.new_id(), "rid": elsewhere.room, "location": point}
    api.messages[of_another_room["_id"]] = of_another_room

    def are_told(times):
        async def check():
            return sum(NOT_PASSED_ON in each for each in talk.texts()) == times

        return check

    for times, message_id in enumerate((rocketchat.new_id(), of_another_room["_id"]), start=1):
        await talk.user.says("", message_id=message_id)
        await until(are_told(times))
    await talk.user.shares(blocks=[{"type": "video_conf"}])
    await until(are_told(3))
    api.valid.clear()
    await talk.user.shares(location=point)
    await uploaded(sim, conversation, "location")
    await talk.user.says("that is all")
    await sim.wait_for_message(conversation, "that is all")
    said = await sim.messages(conversation)
    assert [each for each in texts_of_user(said) if each] == ["that is all"]
    places = [each for each in said if each["content"]["type"] == "location"]
    assert len(places) == 1


async def test_a_livechat_over_a_login_that_expires(talk, api, sim, stack):
    user, texts = talk.user, talk.texts
    await user.visits({"msg": ASK_HUMAN})
    await hears(texts, STARTED)
    conversation = (await conversation_of(user.room, sim, stack))["id"]
    await user.visits({"msg": "one"}, {"msg": "and another"})
    await sim.wait_for_message(conversation, "one\nand another")
    api.valid.clear()
    await sim.agent_text(conversation, "still here")
    await hears(texts, "still here")
    await is_told_and_comes_later(talk, sim, conversation, "error-not-allowed")
