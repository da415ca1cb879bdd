"""Slack: Rasa's own channel, and the plugin's in its place, in one server."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS
from tests.support.channel_table import proves
from tests.support.names import TEXTS
from tests.support.platforms import slack
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_told_and_comes_later,
    starts,
    uploaded,
)
from tests.support.platforms.talks import new_place

STOCK, OURS = "slack", "ourslack"


@pytest.fixture
def api(apis):
    return apis.slack


@proves(
    *("slack", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="yes",
    buttons="yes",
    links_and_cards="yes",
    push="yes",
)
@proves("slack", "from user", text="yes", button="yes")
async def test_a_private_talk_stays_where_it_is(new_talk, api, sim, stack):
    talk = new_talk(STOCK)
    user, texts = talk.user, talk.texts
    before = api.texts(slack.PUBLIC)
    conversation = await starts(talk, sim, stack)
    await sim.agent_text(conversation, "*Hello* <!channel> & all", agent="Ana Smith")
    await hears(texts, "Ana Smith: *Hello* <!channel> & all")
    await sim.agent_text(conversation, "and I am here too", agent="<b>Mo</b>")
    await hears(texts, "<b>Mo</b>: and I am here too")
    await sim.agent_text(conversation, LONG)
    await hears(texts, "number 399 of a long answer.")
    assert LONG.replace(" ", "") in "".join(texts()).replace(" ", "")
    await sim.agent_image(conversation, PNG, filename="label-1.png", text="your label")
    await hears(texts, "your label")
    await hears(texts, "label-1.png")
    await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
    await hears(texts, "|terms.pdf>")
    content = {"type": "text", "text": "Which kettle?", "actions": [
        {"type": "reply", "text": "The red one", "payload": "RED"},
        {"type": "link", "text": "See both", "uri": "https://shop.example/both?a=1&b=2"},
    ]}  # fmt: skip
    await sim.agent_content(conversation, content)
    await hears(texts, "See both: https://shop.example/both?a=1&b=2")
    (post,) = (each for each in api.posts if "Which kettle?" in each["text"])
    button = post["blocks"][-1]["elements"][0]
    await user.presses(button["text"]["text"], button["value"])
    pressed = await sim.wait_for_message(conversation, "The red one")
    assert pressed["content"]["payload"] == "RED"
    items = [
        {
            "title": "Kettle",
            "description": "1.7 l",
            "mediaUrl": "https://shop.example/kettle-2.png",
            "actions": [{"type": "link", "text": "Look", "uri": "https://shop.example/kettle"}],
        }
    ]
    await sim.agent_content(conversation, {"type": "carousel", "items": items})
    await hears(lambda: [str(each) for each in api.posts], "https://shop.example/kettle-2.png")
    for text in TEXTS[:6]:
        await user.says(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        await sim.wait_for_message(conversation, text)
    await sim.end_session(conversation)
    await hears(texts, ENDED)
    await user.says(ASK_HOURS)
    await hears(texts, HOURS)
    assert api.texts(slack.PUBLIC) == before


@proves("slack", "from user", picture="not seen", voice="not seen", file="not seen")
@proves("slack", "from user", edit="not seen")
async def test_what_rasas_channel_drops_is_said_at_start(new_talk, api, sim, stack):
    talk = new_talk(STOCK)
    user, conversation = talk.user, await starts(talk, sim, stack)
    ts = await user.says("", subtype="file_share", files=[file_at(api, "lid.png")])
    await user.edits(ts, "", "corrected")
    await user.says("with words", subtype="file_share", files=[file_at(api, "lid.png")])
    await sim.wait_for_message(conversation, "with words")
    assert (await uploaded(sim, conversation))["mediaUrl"]
    assert "corrected" not in str(await sim.messages(conversation))
    assert "files without words" in (stack.folder / "rasa.log").read_text()


@proves(
    *("slack", "from user"),
    with_drop_in=True,
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    button="yes",
    edit="yes",
)
async def test_ours_passes_on_everything_of_a_thread(new_talk, api, sim, stack):
    talk = new_talk(OURS, channel=new_place("C"), content_type="application/json; charset=utf-8")
    user, texts = talk.user, talk.texts
    mention = {"type": "app_mention"}
    said = user.says

    async def says(text, **fields):
        return await said(f"<@{slack.BOT}> {text}", **mention, **fields)

    user.says = says

    conversation = await starts(talk, sim, stack)
    await sim.agent_text(conversation, "Hello", agent="Ana")
    await sim.agent_text(conversation, "Hello too", agent="Bo")
    await hears(texts, "Bo: Hello too")
    assert {each["thread_ts"] for each in api.posts if each["channel"] == user.channel} == {
        user.thread
    }
    files = [file_at(api, "lid.png"), file_at(api, "note.mp3", b"ID3", "audio/mpeg")]
    await user.says("", subtype="file_share", files=files)
    assert (await uploaded(sim, conversation))["mediaUrl"]
    assert (await uploaded(sim, conversation, "file"))["mediaUrl"]
    await user.says("it is <https://shop.example/a?b=1&amp;c=2|this one>")
    await sim.wait_for_message(conversation, "it is this one (https://shop.example/a?b=1&c=2)")
    event = {"type": "app_mention", "user": user.user, "ts": "1700000002.1", "text": "once"}
    await user.reports(event, times=3)
    await user.presses("Yes, please", "/affirm")
    await sim.wait_for_message(conversation, "Yes, please")
    heard = [each["content"].get("text") for each in await sim.messages(conversation)]
    assert heard.count("once") == 1


async def test_a_refusal_for_good_is_told_to_the_agent(new_talk, api, sim, stack):
    talk = new_talk(OURS)
    conversation = await starts(talk, sim, stack)
    api.refuse(429, {"ok": False, "error": "ratelimited"}, headers={"Retry-After": "1"})
    await sim.agent_text(conversation, "after a while")
    await hears(talk.texts, "after a while")
    await is_told_and_comes_later(talk, sim, conversation, "is_archived")
    posts = [each for each in api.posts if each["channel"] == talk.place]
    (post,) = (each for each in posts if "to nobody" in each["text"])
    assert post["mrkdwn"] is False


def file_at(api, name, data=PNG, kind="image/png"):
    api.files[name] = (data, kind)
    return {
        "id": f"F{name}",
        "name": name,
        "mimetype": kind,
        "url_private_download": f"{api.url}/files-pri/{name}",
    }
