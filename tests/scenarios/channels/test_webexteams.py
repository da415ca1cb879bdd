"""Webex: Rasa's own channel, with a local imitation of the API."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS
from tests.support.channel_table import proves
from tests.support.names import TEXTS
from tests.support.platforms import webexteams
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_told_and_comes_later,
    starts,
    uploaded,
)


@pytest.fixture
def api(apis):
    return apis.webexteams


@pytest.fixture
def talk(new_talk):
    return new_talk("webexteams")


@proves(
    *("webexteams", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    buttons="in words",
    links_and_cards="in words",
    push="yes",
)
@proves(
    *("webexteams", "from user"),
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    button="in words",
    edit="not seen",
)
async def test_a_private_talk_stays_in_its_room(talk, api, sim, stack):
    user, conversation = talk.user, await starts(talk, sim, stack)
    before = len(api.texts(webexteams.PUBLIC_ROOM))

    def texts():
        return api.texts(user.room)

    await sim.agent_text(conversation, "*Hello* <@all>", agent="Dr. Bo 🙂")
    await hears(texts, "Dr. Bo 🙂: *Hello* <@all>")
    await sim.agent_text(conversation, "me too", agent="ai")
    await hears(texts, "ai: me too")
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
        conversation, {"type": "text", "text": "Which one?", "actions": actions}
    )
    assert "1. The red one" in await hears(texts, "See both: https://shop.example/both")
    await user.says("1")
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
    api.files |= {"c1": (PNG, "image/png"), "c2": (b"ID3", "audio/mpeg")}
    await user.says("", files=("c1", "c2"))
    assert (await uploaded(sim, conversation))["mediaUrl"]
    assert (await uploaded(sim, conversation, "file"))["mediaUrl"]
    for text in TEXTS[:6]:
        await user.says(text, times=2)
        await sim.wait_for_message(conversation, text)
    heard = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert all(heard.count(text) == 1 for text in TEXTS[:6])
    assert len(api.texts(webexteams.PUBLIC_ROOM)) == before
    await sim.end_session(conversation)
    await hears(texts, ENDED)
    await user.says(ASK_HOURS)
    await hears(lambda: api.texts(webexteams.PUBLIC_ROOM)[before:], HOURS)


async def test_refusals(talk, api, sim, stack):
    conversation = await starts(talk, sim, stack)
    api.refuse(429, {"message": "slow down"}, headers={"Retry-After": "1"})
    await sim.agent_text(conversation, "after a while", agent="Ana")
    await hears(talk.texts, "Ana: after a while")
    await is_told_and_comes_later(talk, sim, conversation, "404")
