"""Telegram, with the plugin's channel in place of Rasa's, which does not work with aiogram 2.15."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS, NOT_PASSED_ON
from tests.support.channel_table import proves
from tests.support.names import TEXTS
from tests.support.platforms import telegram
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_handed_over,
    is_told_and_comes_later,
    starts,
    uploaded,
)

JPEG = (Path(__file__).parents[2] / "webchat/samples/sample.jpg").read_bytes()
HERE = {"latitude": 52.5, "longitude": 13.4}


@pytest.fixture
def api(apis):
    return apis.telegram.api


@pytest.fixture
def new_user(new_talk):
    def make(**values):
        return new_talk("telegram", **values).user

    return make


def all_of(api, user):
    return lambda: [json.dumps(each, ensure_ascii=False) for each in api.sent[str(user.chat)]]


def texts_of(api, user):
    return lambda: api.texts(str(user.chat))


async def handed_over(user, api, sim, stack):
    return await is_handed_over(user, str(user.chat), texts_of(api, user), sim, stack)


@proves(
    *("telegram", "to user"),
    with_drop_in=True,
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    buttons="yes",
    links_and_cards="in words",
    push="yes",
)
async def test_what_an_agent_sends(new_user, api, sim, stack):
    user = new_user()
    texts = texts_of(api, user)
    conversation = await handed_over(user, api, sim, stack)
    await sim.agent_text(conversation, "*Hello* <b>you</b> & _all_", agent="Ana Smith")
    await hears(texts, "Ana Smith: *Hello* <b>you</b> & _all_")
    await sim.agent_text(conversation, LONG)
    await hears(texts, "number 399 of a long answer.")
    assert LONG.replace(" ", "") in "".join(texts()).replace(" ", "")
    await sim.agent_image(conversation, PNG, filename="label-1.png", text="your label")
    await hears(all_of(api, user), "/label-1.png")
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    await hears(lambda: [each.get("document", "") for each in api.sent[str(user.chat)]], ".pdf")
    await sim.agent_file(conversation, b"PK", filename="terms.docx")
    await hears(texts, "terms.docx")
    actions = [
        {"type": "reply", "text": "The red one", "payload": "RED"},
        {"type": "reply", "text": "Ä" * 40, "payload": "LONG"},
        {"type": "link", "text": "See both", "uri": "https://shop.example/both?a=1&b=2"},
    ]
    await sim.agent_content(
        conversation, {"type": "text", "text": "Which one?", "actions": actions}
    )
    assert "See both: https://shop.example/both?a=1&b=2" in await hears(texts, "Which one?")
    (asked,) = (each for each in api.sent[str(user.chat)] if "Which one?" in each.get("text", ""))
    markup = json.loads(asked["reply_markup"])
    shown = user.message(text=asked["text"], reply_markup=markup)
    data = markup["inline_keyboard"][1][0]["callback_data"]
    await user.update(callback_query={"id": "q1", "data": data, "message": shown})
    pressed = await sim.wait_for_message(conversation, "Ä" * 40)
    assert pressed["content"]["payload"] == "LONG"
    items = [{"title": "Kettle", "mediaUrl": "https://shop.example/kettle.png", "actions": []}]
    items[0]["actions"] = [{"type": "link", "text": "Look", "uri": "https://shop.example/kettle"}]
    await sim.agent_content(conversation, {"type": "carousel", "items": items})
    await hears(all_of(api, user), "https://shop.example/kettle.png")
    await hears(texts, "Look: https://shop.example/kettle")
    await sim.end_session(conversation)
    await hears(texts, ENDED)
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)


@proves(
    *("telegram", "from user"),
    with_drop_in=True,
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="yes",
    button="yes",
    edit="yes",
)
async def test_what_a_user_sends(new_user, api, sim, stack):
    user = new_user()
    await user.sends(photo=[{"file_id": "nobody-reads-it", "width": 1, "height": 1}])
    conversation = await handed_over(user, api, sim, stack)
    for text in TEXTS[:6]:
        await user.says(text)
        await sim.wait_for_message(conversation, text)
    api.files |= {"large": JPEG, "voice": b"OggS", "doc": b"%PDF-1.4"}
    sizes = [{"file_id": "small", "width": 9, "height": 9}]
    sizes.append({"file_id": "large", "width": 90, "height": 90})
    await user.sends(photo=sizes, caption="look at the lid")
    await sim.wait_for_message(conversation, "look at the lid")
    await uploaded(sim, conversation)
    await user.sends(voice={"file_id": "voice", "mime_type": "audio/ogg"})
    await uploaded(sim, conversation, "file")
    await user.sends(document={"file_id": "doc", "file_name": "r.pdf", "file_size": 8})
    await sim.wait_for_message(conversation, lambda one: "r.pdf" in str(one["content"]))
    await user.sends(location=HERE, venue={"location": HERE, "title": "Mill"})
    place = await uploaded(sim, conversation, "location")
    assert place["coordinates"] == {"lat": 52.5, "long": 13.4}
    await user.update(edited_message=user.message(text="order 12354"))
    await sim.wait_for_message(conversation, "Corrected: order 12354")
    again = await user.update(message=user.message(text="once"))
    await user.update(message=user.message(text="once"), update_id=again)
    keyboard = [[{"text": "Where is it?", "callback_data": '/track{"o": "1"}'}]]
    shown = user.message(text="bot", reply_markup={"inline_keyboard": keyboard})
    query = {"id": "q2", "data": '/track{"o": "1"}', "message": shown}
    await user.update(callback_query=query)
    await sim.wait_for_message(conversation, "Where is it?")
    said = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert said.count("once") == 1
    await user.sends(video={"file_id": "big", "file_size": 30_000_000})
    await hears(texts_of(api, user), NOT_PASSED_ON)
    await user.sends(document={"file_id": "not-there"})
    await hears(lambda: [" ".join(texts_of(api, user)()[-1:])], NOT_PASSED_ON)
    assert telegram.TOKEN not in str(await sim.messages(conversation))
    log = (stack.folder / "rasa.log").read_text()
    assert telegram.TOKEN.partition(":")[2] not in log


async def test_refusals(new_talk, api, sim, stack):
    talk = new_talk("telegram")
    conversation = await starts(talk, sim, stack)
    api.refuse(429, "Too Many Requests: retry after 1", retry_after=1)
    await sim.agent_text(conversation, "after a while")
    await hears(talk.texts, "after a while")
    await is_told_and_comes_later(talk, sim, conversation, "bot was blocked by the user")
