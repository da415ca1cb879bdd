"""SMS, with the plugin's channel in place of Rasa's, where Twilio cannot report."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, HOURS
from tests.support.channel_table import proves
from tests.support.platforms.scenario import (
    PNG,
    hears,
    starts,
    uploaded,
)

VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Jo\r\nEND:VCARD\r\n"
LONG = "This sentence is of a long answer. " * 49


@pytest.fixture
def api(apis):
    return apis.twilio


def named(name):
    return lambda message: name in str(message["content"].get("mediaUrl"))


@proves(
    *("twilio: SMS", "to user"),
    with_drop_in=True,
    text="yes",
    long_text="yes",
    picture="in words",
    file="in words",
    buttons="in words",
    push="yes",
)
@proves(
    *("twilio: SMS", "from user"),
    with_drop_in=True,
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
)
async def test_sms(new_talk, api, sim, stack):
    talk = new_talk("sms")
    user, texts = talk.user, talk.texts
    await user.sends(NumMedia="1", MediaUrl0=api.add_file(PNG, "image/png"))
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)
    conversation = await starts(talk, sim, stack)
    await sim.agent_text(conversation, LONG + "The end.", agent="عائشة")
    await hears(texts, "The end.")
    assert "".join(texts()).count("of a long answer") == 49
    await sim.agent_image(conversation, PNG, filename="label.png", text="your label")
    await hears(texts, "label.png")
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    await hears(texts, "terms.pdf")
    reply = {"type": "reply", "text": "The red one", "payload": "RED"}
    content = {"type": "text", "text": "Which one?", "actions": [reply]}
    await sim.agent_content(conversation, content)
    await hears(texts, "1. The red one")
    await user.says("1.")
    await sim.wait_for_message(conversation, "The red one")
    for kind, data in (("image/png", PNG), ("audio/amr", b"#!AMR")):
        media = {"MediaUrl0": api.add_file(data, kind), "MediaContentType0": kind}
        await user.sends(NumMedia="1", **media)
    assert (await uploaded(sim, conversation))["mediaUrl"]
    assert (await uploaded(sim, conversation, "file"))["mediaUrl"]
    for kind, data in (("application/pdf", b"%PDF-1.4"), ("text/vcard", VCARD)):
        media = {"MediaUrl0": api.add_file(data, kind), "MediaContentType0": kind}
        await user.sends(NumMedia="1", **media)
    for name in ("terms.pdf", "jo.vcf"):
        file = await sim.wait_for_message(conversation, named(name))
        assert file["content"]["type"] == "file"
    await sim.agent_text(conversation, "got all", agent="عائشة")
    await hears(texts, "عائشة: got all")
    assert api.media(user.number) == []
    assert not any("StatusCallback" in each for each in api.sent), "Twilio cannot reach loopback"


@proves(
    *("twilio: SMS", "from user"),
    text="yes",
    picture="not seen",  # without words; with words it arrives
    voice="not seen",
    file="not seen",
)
async def test_sms_to_rasas_channel(new_talk, api, sim, stack):
    talk = new_talk("stocksms")
    conversation = await starts(talk, sim, stack)
    for kind, data in (("image/png", PNG), ("audio/amr", b"#!AMR"), ("text/vcard", b"BEGIN")):
        media = {"MediaUrl0": api.add_file(data, kind), "MediaContentType0": kind}
        await talk.user.sends(status=500, NumMedia="1", **media)
    await talk.user.says("that is all")
    await sim.wait_for_message(conversation, "that is all")
    written = [
        each["content"]
        for each in await sim.messages(conversation)
        if each["author"]["type"] == "user"
    ]
    assert [each.get("text") for each in written] == ["that is all"]
