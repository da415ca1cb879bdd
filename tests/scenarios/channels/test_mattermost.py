"""Mattermost: Rasa's own channel, with a local imitation of the API."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS
from tests.support.channel_table import proves
from tests.support.platforms import mattermost
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_told_and_comes_later,
    starts,
    uploaded,
)
from tests.support.users import texts_of_user


@pytest.fixture
def api(apis):
    return apis.mattermost


@pytest.fixture
def talk(new_talk):
    return new_talk("mattermost")


@proves(
    *("mattermost", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    buttons="yes",
    links_and_cards="in words",
    push="yes",
)
@proves("mattermost", "from user", text="yes", picture="yes", voice="yes", file="yes", button="yes")
async def test_a_talk_in_a_channel(talk, api, sim, stack):
    user, texts = talk.user, talk.texts
    conversation = await starts(talk, sim, stack)
    await sim.agent_text(
        conversation, "*Hello* @all, see https://x.example/a_b", agent="Jörg O'Neil"
    )
    await hears(texts, "Jörg O'Neil: *Hello* @all, see https://x.example/a_b")
    assert "@all" not in str(api.posts)
    await sim.agent_text(conversation, "me too", agent="<b>Mo</b>")
    await hears(texts, "<b>Mo</b>: me too")
    await sim.agent_text(conversation, LONG)
    await hears(texts, "number 399 of a long answer.")
    await sim.agent_image(conversation, PNG, filename="label.png", text="your label")
    await hears(texts, "label.png")
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    await hears(texts, "[terms.pdf](")
    actions = [
        {"type": "reply", "text": "The red one", "payload": "RED"},
        {"type": "link", "text": "See both", "uri": "https://shop.example/both"},
    ]
    content = {"type": "text", "text": "Which kettle?", "actions": actions}
    await sim.agent_content(conversation, content)
    await hears(texts, "See both: https://shop.example/both")
    (post,) = (each for each in api.posts if "Which kettle?" in each["message"])
    await user.presses(post["props"]["attachments"][0]["actions"][0])
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
    picture, voice = mattermost.new_id(), mattermost.new_id()
    api.files |= {picture: (PNG, "image/png"), voice: (b"ID3", "audio/mpeg")}
    await user.says("look at the lid", files=f"{picture},{voice}", post="p" * 26, times=3)
    await sim.wait_for_message(conversation, "look at the lid")
    assert (await uploaded(sim, conversation))["mediaUrl"]
    assert (await uploaded(sim, conversation, "file"))["mediaUrl"]
    heard = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert heard.count("look at the lid") == 1
    await sim.end_session(conversation)
    await hears(texts, ENDED)
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)


@proves("mattermost", "from user", edit="not seen")
async def test_what_a_user_edits(talk, sim, stack):
    conversation, post = await starts(talk, sim, stack), mattermost.new_id()
    await talk.user.says("order 12345", post=post)
    await sim.wait_for_message(conversation, "order 12345")
    talk.user.edits(post, "order 12354")
    await talk.user.says("that is all")
    await sim.wait_for_message(conversation, "that is all")
    said = texts_of_user(await sim.messages(conversation))
    assert said == ["order 12345", "that is all"]
    assert "report no corrections" in (stack.folder / "rasa.log").read_text()


async def test_refusals(talk, api, sim, stack):
    conversation = await starts(talk, sim, stack)
    api.refuse(429, "limit exceeded", headers={"X-RateLimit-Reset": "1"})
    await sim.agent_text(conversation, "after a while", agent="Ana")
    await hears(talk.texts, "Ana: after a while")
    await is_told_and_comes_later(talk, sim, conversation, "api.context.permissions.app_error")
    assert any("\\*for now\\*" in each["message"] for each in api.posts)
