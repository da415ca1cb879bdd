"""Socket.IO: Rasa's own channel, and the plugin's in its place, in one server."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.channel_table import proves
from tests.support.names import TEXTS
from tests.support.platforms.scenario import (
    LONG,
    PNG,
    hears,
    is_handed_over,
    restart_killed,
    sends_all_kinds,
    shows_all_kinds,
    uploaded,
)
from tests.support.platforms.socketio import Page
from tests.support.users import conversation_of, is_of
from tests.support.waiting import until

STOCK_PATH = "/stock.io"


def waits(stack, words):
    """Make a check that an attempt at sending a message has found nobody."""

    async def check():
        query = "SELECT count(*) FROM inbox WHERE state = 'new' AND body LIKE :words"
        log = (stack.folder / "rasa.log").read_text()
        return stack.count(query, words=f"%{words}%") and "page is not open" in log

    return check


@proves(
    *("socketio", "to user"),
    with_drop_in=True,
    text="yes",
    long_text="yes",
    picture="yes",
    file="in words",
    buttons="yes",
    links_and_cards="in words",
    push="yes",
)
@proves("socketio", "from user", with_drop_in=True, text="yes", button="yes", picture="yes")
async def test_a_talk(stack, sim):
    async with Page(stack.rasa_url) as page:
        conversation = await is_handed_over(page, page.session, page.texts, sim, stack)
        await sim.agent_text(conversation, "*Hello* <b>you</b>", agent="Ana Smith")
        await hears(page.texts, "Ana Smith: *Hello* <b>you</b>")
        await sim.agent_text(conversation, LONG)
        assert LONG in await hears(page.texts, "number 399 of a long answer.")
        await sim.agent_image(conversation, PNG, filename="label-1.png", text="your label")
        await hears(lambda: [str(each.get("attachment")) for each in page.heard], "label-1.png")
        await sim.agent_file(conversation, b"%PDF-1.4", filename="terms.pdf")
        assert stack.rasa_url in await hears(page.texts, "terms.pdf")
        actions = [
            {"type": "reply", "text": "The red one", "payload": "RED"},
            {"type": "link", "text": "See both", "uri": "https://shop.example/both?a=1&b=2"},
        ]
        content = {"type": "text", "text": "Which one?", "actions": actions}
        await sim.agent_content(conversation, content)
        assert "See both: https://shop.example/both?a=1&b=2" in await hears(page.texts, "Which")
        (asked,) = (each for each in page.heard if "Which one?" in each.get("text", ""))
        await page.says(asked["quick_replies"][0]["payload"])
        pressed = await sim.wait_for_message(conversation, "The red one")
        assert pressed["content"]["payload"] == "RED"
        for text in TEXTS[:6]:
            await page.says(text)
            await sim.wait_for_message(conversation, text.strip())
        picture = {"media_url": "https://shop.example/lid.png", "media_type": "image/png"}
        await page.says("", metadata={"attachments": [picture]})
        found = await uploaded(sim, conversation)
        assert found["mediaUrl"] == "https://shop.example/lid.png"
        await sim.end_session(conversation)
        await hears(page.texts, ENDED)
        await page.says(ASK_HOURS)
        await hears(page.texts, HOURS)


@proves("socketio", "to user", with_drop_in=True, after_a_restart="yes")
async def test_what_is_written_while_the_page_reloads_comes_after_it(stack, sim):
    async with Page(stack.rasa_url) as page:
        conversation = await is_handed_over(page, page.session, page.texts, sim, stack)
        await sim.agent_text(conversation, "before")
        await hears(page.texts, "Ana: before")
    await sim.agent_text(conversation, "while away, one")
    await sim.agent_text(conversation, "while away, two")
    await until(waits(stack, "while away, one"))
    async with Page(stack.rasa_url, session=page.session) as reloaded:
        await hears(reloaded.texts, "while away, two")
        assert reloaded.texts() == ["Ana: while away, one", "Ana: while away, two"]
        await reloaded.says("I am back")
        await sim.wait_for_message(conversation, "I am back")
    await sim.agent_text(conversation, "before the server dies")
    await until(waits(stack, "before the server dies"))
    await restart_killed(stack)
    async with Page(stack.rasa_url, session=page.session) as again:
        await hears(again.texts, "before the server dies")
        await sim.agent_text(conversation, "the last")
        await hears(again.texts, "the last")
    await sim.end_session(conversation)

    async def is_over():
        return stack.count("SELECT count(*) FROM pending_messages WHERE delivered_at IS NULL")

    await until(is_over)
    async with Page(stack.rasa_url, session=page.session) as last:
        await hears(last.texts, ENDED)
        assert last.texts() == [each for each in last.texts() if ENDED in each]
        await last.says(ASK_HOURS)
        await hears(last.texts, HOURS)
        assert len([each for each in last.texts() if ENDED in each]) == 1


@proves("socketio", "from user", with_drop_in=True, voice="yes", file="yes", place="not seen")
@proves("socketio", "from user", with_drop_in=True, edit="not seen")
@proves("socketio", "to user", with_drop_in=True, place="in words")
@proves(
    *("socketio", "to user"),
    text="yes",
    long_text="yes",
    picture="yes",
    file="in words",
    place="in words",
    buttons="yes",
    links_and_cards="in words",
    push="yes",
)
@proves(
    *("socketio", "from user"),
    text="yes",
    picture="yes",
    voice="yes",
    file="yes",
    place="not seen",
    button="yes",
    edit="not seen",
)
@pytest.mark.parametrize("path", [STOCK_PATH, "/socket.io"])
async def test_all_kinds(stack, sim, path):
    async with Page(stack.rasa_url, path=path) as page:
        await page.says(ASK_HUMAN)
        await hears(page.texts, STARTED)
        sender = page.socket if path == STOCK_PATH else page.session
        conversation = (await conversation_of(sender, sim, stack))["id"]
        await sends_all_kinds(sim, conversation)
        await shows_all_kinds(
            page.texts, lambda: map(str, page.heard), in_words={"place", "links", "file"}
        )
        kinds = {"a.png": "image/png", "a.ogg": "audio/ogg", "a.pdf": "application/pdf"}
        files = [
            {"media_url": f"https://shop.example/{name}", "media_type": kind}
            for name, kind in kinds.items()
        ]
        more = {"metadata": {"attachments": files}, "location": {"lat": 1}, "edited": True}
        await page.says("look", **more)
        (asked,) = (each for each in page.heard if each.get("quick_replies"))
        await page.says(asked["quick_replies"][0]["payload"])
        await sim.wait_for_message(conversation, "The red one")
        said = await sim.messages(conversation)
        urls = {each["content"].get("mediaUrl") for each in said}
        assert urls >= {each["media_url"] for each in files}
        assert "Corrected" not in str(said)
        of_user = [each["content"] for each in said if each["author"]["type"] == "user"]
        assert "location" not in {each["type"] for each in of_user}


async def test_rasas_channel_without_persistence(stack, sim):
    async with Page(stack.rasa_url, path=STOCK_PATH) as page:
        await page.says(ASK_HUMAN)
        await hears(page.texts, STARTED)
        (found,) = (
            each
            for each in await sim.conversations(stack.connectors["support"]["app_id"])
            if is_of(each, str(page.socket))
        )
        await sim.agent_text(found["id"], "hello")
        await hears(page.texts, "Ana: hello")
        await page.says("hello Ana")
        await sim.wait_for_message(found["id"], "hello Ana")
    assert "after a reload" in (stack.folder / "rasa.log").read_text()


@proves("socketio", "to user", after_a_restart="no")
async def test_rasas_channel_forgets_its_users_when_the_server_restarts(stack, sim):
    async with Page(stack.rasa_url, path=STOCK_PATH) as page:
        await page.says(ASK_HUMAN)
        await hears(page.texts, STARTED)
        conversation = (await conversation_of(page.socket, sim, stack))["id"]
    await restart_killed(stack)
    async with Page(stack.rasa_url, session=page.session, path=STOCK_PATH) as again:
        assert again.socket != page.socket
        await sim.agent_text(conversation, "are you still there?")
        await until(waits(stack, "are you still there?"))
        await again.says(ASK_HOURS)
        await hears(again.texts, HOURS)
        assert not any("still there" in each for each in again.texts())
