"""WhatsApp, with the plugin's channel in place of Rasa's."""

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
from tests.support.users import texts_of_user
from tests.support.waiting import until


@pytest.fixture
def api(apis):
    return apis.twilio


@proves(
    *("twilio: WhatsApp", "from user"),
    with_drop_in=True,
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="yes",
    button="yes",
    edit="not seen",
)
async def test_what_has_no_words_arrives(new_talk, api, sim, stack):
    talk = new_talk("twilio")
    user, texts = talk.user, talk.texts

    async def sends_file(data, kind, **fields):
        media = {"MediaUrl0": api.add_file(data, kind), "MediaContentType0": kind}
        await user.sends(NumMedia="1", **media, **fields)

    await sends_file(PNG, "image/png")
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)
    conversation = await starts(talk, sim, stack)
    await sends_file(PNG, "image/png")
    await sends_file(b"OggS", "audio/ogg")
    await sends_file(b"%PDF-1.4", "application/pdf", Body="terms.pdf")
    await user.sends(Latitude="52.5", Longitude="13.4", Address="A street 1")
    await user.says("Yes, please", ButtonText="Yes, please", ButtonPayload="/affirm")
    assert (await uploaded(sim, conversation))["mediaUrl"]

    async def are_there():
        kinds = [each["content"]["type"] for each in await sim.messages(conversation)]
        return kinds.count("file") == 2 and kinds.count("location") == 1

    await until(are_there)
    await sim.wait_for_message(conversation, "Yes, please")
    said = [each for each in texts_of_user(await sim.messages(conversation)) if each]
    assert said[-2:] == ["terms.pdf", "Yes, please"]
    lost = len(texts())
    await user.sends(MessageType="unsupported")

    async def is_told():
        return len(texts()) > lost

    await until(is_told)
