"""Facebook Messenger: Rasa's own channel, and the plugin's in its place, in one server."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import NOT_PASSED_ON
from tests.support.channel_table import proves
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_handed_over,
    is_told_and_comes_later,
    starts,
    uploaded,
)
from tests.support.users import texts_of_user
from tests.support.waiting import until
from zendesk_handoff.domain.text import units

STOCK, OURS = "facebook", "ourfacebook"


@pytest.fixture
def api(apis):
    apis.facebook.files |= {
        "lid.png": (PNG, "image/png"),
        "voice.mp4": (b"voice", "audio/mp4"),
        "bill.pdf": (b"%PDF-1.7", "application/pdf"),
    }
    return apis.facebook


@pytest.fixture
def new_user(new_talk):
    def make(channel):
        return new_talk(channel).user

    return make


def file(api, kind, name):
    return kind, {"url": f"{api.url}/files/{name}?oh=1"}


@proves(
    *("facebook", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    buttons="yes",
    links_and_cards="yes",
    push="yes",
)
@proves(
    *("facebook", "from user"),
    text="yes",
    picture="yes",
    file="yes",
    voice="yes",
    button="yes",
    place="not seen",
    edit="not seen",
)
async def test_rasas_own_channel(new_user, api, sim, stack):
    user = new_user(STOCK)

    def texts():
        return api.texts(user.user)

    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    await sim.agent_text(conversation, LONG, agent="Jörg O'Neil")
    await hears(texts, "Sentence number 399")
    assert all(units(each) <= 2000 for each in texts())
    assert sum("Jörg O'Neil:" in each for each in texts()) == 1
    picture = "https://shop.example/mug.png"
    await sim.agent_content(
        conversation, {"type": "image", "mediaUrl": picture, "mediaType": "image/png"}
    )
    choices = [{"type": "reply", "text": each, "payload": each.upper()} for each in ("Yes", "No")]
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    await sim.agent_content(
        conversation, {"type": "text", "text": "Is it broken?", "actions": choices}
    )
    await hears(texts, "Is it broken?")
    message = api.sent[user.user][-1]["attachment"]["payload"]
    assert [each["title"] for each in message["buttons"]] == ["Yes", "No"]
    sent = [each.get("attachment", {}) for each in api.sent[user.user]]
    urls = {each["type"]: each["payload"].get("url", "") for each in sent if each}
    assert urls["image"] == picture
    assert urls["file"].endswith("/terms.pdf")
    card = {"title": "Mug", "description": "blue", "mediaUrl": picture}
    link = {"type": "link", "text": "Open", "uri": "https://shop.example/mug"}
    await sim.agent_content(
        conversation, {"type": "carousel", "items": [{**card, "actions": [link]}]}
    )
    await hears(texts, "Mug")
    await user.posts(
        user.event(
            postback={"mid": "m_p", "title": "Yes", "payload": message["buttons"][0]["payload"]}
        )
    )
    await sim.wait_for_message(conversation, "Yes")
    lid, bill, voice = (
        file(api, kind, name)
        for kind, name in (("image", "lid.png"), ("file", "bill.pdf"), ("audio", "voice.mp4"))
    )
    await user.sends(lid, bill, voice, text="look at the lid")
    await sim.wait_for_message(conversation, "look at the lid")
    await uploaded(sim, conversation, "image")

    async def are_there():
        users = [
            each for each in await sim.messages(conversation) if each["author"]["type"] == "user"
        ]
        return [each["content"]["type"] for each in users].count("file") == 2

    await until(are_there)
    await user.sends(("location", {"coordinates": {"lat": 52.5, "long": 13.4}}))
    await user.posts(user.event(message_edit={"mid": "m_0", "text": "not the lid", "num_edit": 1}))
    await user.says("that is all")
    await sim.wait_for_message(conversation, "that is all")
    assert "not the lid" not in texts_of_user(await sim.messages(conversation))
    assert "location" not in [each["content"]["type"] for each in await sim.messages(conversation)]


async def test_a_closed_window_is_told_and_the_words_come_later(new_talk, sim, stack):
    talk = new_talk(STOCK)
    conversation = await starts(talk, sim, stack)
    await is_told_and_comes_later(talk, sim, conversation, "24 hours")


@proves("facebook", "to user", with_drop_in=True, text="yes", push="yes")
@proves(
    *("facebook", "from user"),
    with_drop_in=True,
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="yes",
    edit="yes",
    button="yes",
)
async def test_the_channel_in_place_of_rasas(new_user, api, sim, stack):
    user, other = new_user(OURS), new_user(OURS)

    def texts():
        return api.texts(user.user)

    conversation = await is_handed_over(user, user.user, texts, sim, stack)
    await sim.agent_text(conversation, "hello", agent="<b>Mo</b>")
    await hears(texts, "<b>Mo</b>: hello")
    await user.posts(user.message("forged"), secret="another secret", status=403)
    kind, payload = file(api, "image", "lid.png")
    picture = {"attachments": [{"type": kind, "payload": payload}]}
    place = {"type": "location", "payload": {"coordinates": {"lat": 52.5, "long": 13.4}}}
    first = user.message("my order is late")
    edit = {"mid": first["message"]["mid"], "text": "my order is lost", "num_edit": 1}
    batch = [
        None,
        {"sender": 5, "message": {"text": "nobody's"}},
        first,
        other.message("hello"),
        user.message(None, **picture),
        user.message(None, attachments=[place]),
        user.event(message_edit=edit),
        {**user.message("an echo"), "message": {"mid": "m_e", "text": "an echo", "is_echo": True}},
        user.message("Track it", quick_reply={"payload": '/track{"n": 1}'}),
    ]
    await user.posts(*batch)
    await user.posts(*batch)
    await sim.wait_for_message(conversation, "Track it")
    await uploaded(sim, conversation, "image")
    await uploaded(sim, conversation, "location")
    written = texts_of_user(await sim.messages(conversation))
    assert [each for each in written if each] == [
        *("my order is late", "Corrected: my order is lost", "Track it")
    ]

    async def is_answered():
        return bool(api.texts(other.user))

    await until(is_answered)  # by the bot: the other user's message was in the same request
    await user.sends(file(api, "audio", "voice.mp4"), file(api, "file", "bill.pdf"))
    await uploaded(sim, conversation, "file")
    await user.says("that is all")
    await sim.wait_for_message(conversation, "that is all")
    kinds = [each["content"]["type"] for each in await sim.messages(conversation)]
    assert [kinds.count(each) for each in ("image", "location", "file")] == [1, 1, 2]
    await user.sends(("appointment_booking", {"booking_id": "1"}))
    await hears(texts, NOT_PASSED_ON)
