"""What users press, fill in and follow, and how the bot appears to them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.support.bot_texts import ASK_HOURS, HOURS
from tests.support.waiting import until

AGENTS, OTHER = "zd-agentWorkspace", "zd-answerBot"
LAMPS = ["Green", "Blue", "Amber", "Clear", "Smoke"]


def asks(*titles, type="reply"):
    """Make an event of the bot's, with a button for each title."""
    buttons = [{"title": one, "payload": f"/lamp_{one.lower()}", "type": type} for one in titles]
    return {"text": "Which lamp?", "data": {"buttons": buttons}}


@pytest.fixture
def speaks(http):
    """Let the bot say something; return the messages that it makes."""

    async def say(visitor, *events, count=1):
        await visitor.says("hello")
        await is_given(http, visitor, "hello")
        before = len(await visitor.heard())
        await visitor.bot_says(http, *events)

        async def is_posted():
            return len(await visitor.heard()) >= before + count

        await until(is_posted)
        return (await visitor.heard())[before:]

    return say


async def is_given(http, visitor, text):
    """Wait until the bot has been given a text, and has answered it; return the event."""
    found = []

    async def given():
        found[:] = [one for one in await visitor.user_events(http) if one["text"] == text]
        return found and await visitor.heard()

    await until(given)
    return found[-1]


async def test_a_postback_button_stays_and_brings_its_payload_each_time(visitor, speaks, sim, http):
    [message] = await speaks(visitor, asks("Green", type="postback"))
    assert [each["type"] for each in message["content"]["actions"]] == ["postback"]
    for times in (1, 2):
        await sim.user_press(visitor.conversation, message["id"], "Green")

        async def is_pressed(times=times):
            texts = [one["text"] for one in await visitor.user_events(http)]
            return texts.count("/lamp_green") == times

        await until(is_pressed)


async def test_a_form_brings_its_answers_by_name(visitor, speaks, sim, http):
    fields = [
        {"type": "text", "name": "lamp", "label": "Which lamp?"},
        {"type": "email", "name": "mail", "label": "Your e-mail"},
    ]
    [form] = await speaks(
        visitor, {"text": None, "data": {"custom": {"type": "form", "fields": fields}}}
    )
    await sim.user_submit(visitor.conversation, form["id"], lamp="Fern", mail="jo@example.com")
    found = []

    async def is_filled_in():
        found[:] = [one for one in await visitor.user_events(http) if "form" in one["metadata"]]
        return found

    await until(is_filled_in)
    [given] = found
    assert given["metadata"]["form"] == {"lamp": "Fern", "mail": "jo@example.com"}
    assert "Fern" in given["text"] and "jo@example.com" in given["text"]


async def test_who_follows_a_link_is_greeted_with_its_code(new_visitor, sim, http):
    visitor = await new_visitor("greeting")
    await sim.user_refer(visitor.conversation, "spring-sale")

    async def is_told():
        given = [one for one in await visitor.user_events(http) if one["text"] == "/greet"]
        return "spring-sale" in json.dumps([one["metadata"] for one in given])

    await until(is_told)


async def test_users_see_that_the_bot_writes_before_it_answers(visitor, sim, stack):
    await sim.clear_log()
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
    path = f"/conversations/{visitor.conversation}"
    calls = [one for one in await sim.requests() if path in one["path"] and one["method"] == "POST"]
    [typing] = [one for one in calls if one["path"].endswith("/activity")]
    answer = next(one for one in calls if one["path"].endswith("/messages"))
    assert typing["body"]["type"] == "typing:start"
    assert typing["body"]["author"]["displayName"] == answer["body"]["author"]["displayName"]
    assert calls.index(typing) < calls.index(answer)


async def test_a_bot_says_that_it_is_one_where_the_settings_want_that(new_visitor, visitor, sim):
    declared = await new_visitor("market")
    authors = {}
    for each in (declared, visitor):
        await each.says(ASK_HOURS)
        await each.hears(HOURS)
        path = f"/conversations/{each.conversation}/messages"
        posted = [one for one in await sim.requests() if one["path"].endswith(path)]
        authors[each.connector] = [
            one["body"]["author"].get("subtypes") for one in posted if one["method"] == "POST"
        ]
    assert authors == {"market": [["AI"]], "messaging": [None]}


@pytest.mark.parametrize(
    ("brand", "party"), [(360000000001, "rasa"), (360000000002, OTHER)], ids=["ours", "another"]
)
async def test_only_the_brands_of_the_settings_are_served(new_visitor, sim, stack, brand, party):
    app = stack.connectors["branded"]["app_id"]
    await sim.set_switches(app, brand_id=brand)
    visitor = await new_visitor("branded")
    await visitor.says(ASK_HOURS)
    if party == "rasa":
        await visitor.hears(HOURS)
    await visitor.is_with(party)
    assert any(HOURS in text for text in await visitor.words()) is (party == "rasa")


async def test_whatsapp_has_three_buttons_and_a_list_of_more(new_visitor, speaks, http):
    visitor = await new_visitor(source="whatsapp")
    few, many = await speaks(visitor, asks(*LAMPS[:3], type="postback"), asks(*LAMPS), count=2)
    assert [each["type"] for each in few["content"]["actions"]] == ["reply"] * 3
    assert "actions" not in many["content"]
    lines = many["content"]["text"].splitlines()
    assert [f"{number}. {lamp}" for number, lamp in enumerate(LAMPS, start=1)] == lines[-5:]
    await visitor.says("4.")
    chosen = await is_given(http, visitor, f"/lamp_{LAMPS[3].lower()}")
    assert chosen["metadata"]["title"] == LAMPS[3]


async def test_a_rasa_that_raises_leaves_nobody_alone(visitor, stack):
    """Its tracker cannot be read, and can again once the agents have the conversation."""
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
    before = len(await visitor.heard())
    file = stack.folder / "tracker.db"
    query = "UPDATE events SET data = {} WHERE sender_id = ?"
    with closing(sqlite3.connect(file, timeout=10)) as tracker:
        with tracker:
            tracker.execute(query.format("'-' || data"), [visitor.sender])
        try:
            await visitor.says("where is my order 10234?")
            await visitor.is_with(AGENTS)
        finally:
            with tracker:
                tracker.execute(query.format("ltrim(data, '-')"), [visitor.sender])
    query = "SELECT count(*) FROM sessions WHERE sender_id = :sender AND reason LIKE '%failed%'"
    assert stack.count(query, sender=visitor.sender) == 1

    async def is_told():
        return len(await visitor.heard()) == before + 1

    await until(is_told)
