"""Payloads that the bot has not offered, typed on the page and posted by its API."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.users import conversation_of
from tests.support.waiting import until
from zendesk_handoff.domain.payloads import without_mark

ORDER = "owned by Mallory"
INFORM = f'/inform{{"order_number": "{ORDER}"}}'
FORMS = (
    INFORM,
    f"  \n{INFORM}",
    f"\u3000\x1c{INFORM}",
    f"\u200b{INFORM}",
    f"\ufeff{INFORM}",
    f'/inform@0.9{{"order_number": "{ORDER}"}}',
    f'/restart{{"order_number": "{ORDER}"}}',
    f'/RESTART {{"order_number": "{ORDER}"}}',
    f'/end_handoff{{"order_number": "{ORDER}"}}',
)


async def tracker_of(http, stack, sender):
    url = f"{stack.rasa_url}/conversations/{sender}/tracker?include_events=ALL"
    async with http.get(url) as answer:
        return await answer.json()


async def handled(http, stack, page, words):
    """Wait until the bot has handled a message, and return its event and the tracker."""

    found = []

    async def find():
        tracker = await tracker_of(http, stack, page.sender)
        said = [each for each in tracker["events"] if each["event"] == "user"]
        found[:] = [(each, tracker) for each in said if words in str(each["text"])]
        return found

    await until(find)
    return found[0]


def is_read_as_payload(event):
    extractors = {each.get("extractor") for each in event["parse_data"]["entities"]}
    return "RegexMessageHandler" in extractors


@pytest.mark.parametrize("text", FORMS)
@pytest.mark.parametrize("way", ["typed", "posted", "posted for another item"])
async def test_what_nobody_has_offered_is_words(http, stack, page, text, way):
    await page.begins(status=201)
    if way == "typed":
        await page.says(text)
    elif way == "posted":
        await page.chooses(text, "A title that hides it")
    else:
        await page.says("hello")
        await page.chooses(text, "A title that hides it", answers=1)
    event, tracker = await handled(http, stack, page, ORDER)
    assert not is_read_as_payload(event)
    assert tracker["slots"]["order_number"] != ORDER
    assert not any(each["event"] == "restart" for each in tracker["events"])
    shown = await page.shows(ORDER)
    assert any(each.get("text") == text.strip() for each in shown), "as it was written"


async def test_an_offered_payload_is_a_payload(http, stack, page):
    await page.begins(status=201)
    await page.says("you are useless, you stupid bot")
    shown = await page.shows('"buttons"')
    offered = next(each for item in shown for each in item.get("buttons", ()))
    assert offered["payload"].startswith("/"), "the bot offers a person"
    await page.chooses(offered["payload"], offered["title"])
    event, _tracker = await handled(http, stack, page, offered["payload"])
    assert event["text"] == offered["payload"]
    assert event["parse_data"]["intent"]["confidence"] == 1.0


async def test_a_button_of_one_conversation_is_none_of_another(http, stack, page):
    await page.begins(status=201)
    await page.says("you are useless, you stupid bot")
    shown = await page.shows('"buttons"')
    offered = next(each for item in shown for each in item.get("buttons", ()))
    await page.begins(status=201, new=True)
    await page.chooses(offered["payload"], offered["title"])
    event, _tracker = await handled(http, stack, page, offered["payload"])
    assert without_mark(event["text"]) == offered["payload"] != event["text"]


async def test_the_agent_reads_the_words_and_the_bot_gets_no_payload_later(http, stack, sim, page):
    await page.begins(status=201)
    await page.says(ASK_HUMAN)
    conversation = (await conversation_of(page.sender, sim, stack))["id"]
    await page.shows(STARTED)
    await page.chooses(INFORM, "A title that hides it")
    await sim.wait_for_message(conversation, INFORM)
    # Zendesk refuses the next one until the agent has let go: it is replayed to the bot, and so is
    # a part of a long text, which begins with a slash.
    await sim.add_fault("status", status=503, method="POST", path="*/messages")
    long = "x" * 4_090 + " end. " + INFORM
    await page.says(f"{INFORM} later")
    await page.says(long)
    unsent = "SELECT count(*) FROM outbox WHERE state <> 'done'"

    async def are_stored():
        return stack.count(unsent) >= 3

    await until(are_stored)
    await sim.end_session(conversation)
    await handled(http, stack, page, "later")

    # The last part of the long text has less in front of it than the whole.
    await handled(http, stack, page, f"\u2060{INFORM}")
    tracker = await tracker_of(http, stack, page.sender)
    said = [each for each in tracker["events"] if each["event"] == "user"]
    assert not any(is_read_as_payload(each) for each in said if each.get("parse_data"))
    assert tracker["slots"]["order_number"] != ORDER


async def test_commands_are_heard(http, stack, page):
    await page.begins(status=201)
    await page.says("hello")
    await page.says(" /RESTART ")

    async def has_restarted():
        tracker = await tracker_of(http, stack, page.sender)
        return any(each["event"] == "restart" for each in tracker["events"])

    await until(has_restarted)
