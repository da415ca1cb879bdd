"""The bot as first responder: what users write comes to it, and its answers to them."""

from __future__ import annotations

import asyncio

from tests.support.bot_texts import ASK_HOURS, HOURS
from tests.support.waiting import until


async def test_the_bot_answers_in_the_users_conversation(visitor):
    await visitor.says(ASK_HOURS)
    [answer] = await visitor.hears(HOURS)
    assert answer["author"]["displayName"] == "Fern"
    assert answer["author"]["avatarUrl"] == "https://shop.example/fern.png"
    view = await visitor.view()
    assert view["control"]["active"] == "rasa" and view["ticket"] is None


async def test_two_conversations_of_one_person_are_two_trackers(new_visitor, tracker_of):
    first = await new_visitor(external_id="customer-7")
    second = await new_visitor(external_id="customer-7")
    await first.says("hi there")
    await second.says(ASK_HOURS)
    await second.hears(HOURS)

    async def are_apart():
        texts = [await user_texts(tracker_of, each) for each in (first, second)]
        return texts == [["hi there"], [ASK_HOURS]]

    await until(are_apart)


async def test_messages_are_answered_in_order_and_once(visitor, sim):
    await sim.add_fault("duplicate", event="conversation:message", count=2)
    for text in (ASK_HOURS, "hello", ASK_HOURS):
        await visitor.says(text)

    async def all_answered():
        return sum(HOURS in text for text in await visitor.words()) >= 2

    await until(all_answered)
    await asyncio.sleep(1)
    words = await visitor.words()
    assert sum(HOURS in text for text in words) == 2
    assert HOURS in words[0] and HOURS in words[-1]


async def test_what_is_no_text_comes_with_its_values(visitor, tracker_of):
    await visitor.sim.user_image(visitor.conversation, b"\x89PNG", text="look at the lid")
    place = {"type": "location", "coordinates": {"lat": 52.5, "long": 13.4}}
    await visitor.sim.user_content(visitor.conversation, place)

    async def both():
        return len(await user_events(tracker_of, visitor)) == 2

    await until(both)
    picture, spot = await user_events(tracker_of, visitor)
    assert picture["text"] == "look at the lid"
    assert picture["metadata"]["attachments"][0]["media_url"].startswith("http")
    assert spot["metadata"]["location"] == {"latitude": 52.5, "longitude": 13.4}
    assert spot["metadata"]["zendesk_source"] == "web"
    assert spot["metadata"]["handoff_user"]["name"] == "Mara O'Neil"


async def test_a_button_of_the_bots_comes_back_as_its_payload(new_visitor, tracker_of):
    visitor = await new_visitor(source="whatsapp")
    await visitor.says("this is useless, useless, useless!!! you never understand me")
    await visitor.says("NO!!! stupid bot, that is the third time, are you kidding me?")

    async def has_buttons():
        return [one for one in await visitor.heard() if one["content"].get("actions")]

    await until(has_buttons)
    [message, *_] = await has_buttons()
    action = message["content"]["actions"][0]
    assert action["type"] == "reply"
    await visitor.sim.user_press(visitor.conversation, message["id"], action["text"])

    async def came_back():
        return action["payload"] in await user_texts(tracker_of, visitor)

    await until(came_back)


async def test_the_bot_may_speak_unasked(visitor, stack, http):
    await visitor.says("hello")

    async def answered():
        return await visitor.heard()

    await until(answered)
    url = f"{stack.rasa_url}/conversations/{visitor.sender}/trigger_intent"
    query = {"output_channel": "zendesk"}
    async with http.post(url, params=query, json={"name": "opening_hours"}) as answer:
        assert answer.status == 200
    await visitor.hears(HOURS)


async def test_nothing_is_read_while_another_has_control(visitor, sim, tracker_of):
    await visitor.says(ASK_HOURS)
    await visitor.hears(HOURS)
    await sim.pass_control(visitor.conversation, "zd-answerBot")
    await visitor.says("what is the weather like?")
    await asyncio.sleep(1)
    assert await user_texts(tracker_of, visitor) == [ASK_HOURS]
    assert len(await visitor.heard()) == 1
    await sim.pass_control(visitor.conversation, "rasa")
    await visitor.says(ASK_HOURS)

    async def answered():
        return len(await visitor.heard()) == 2

    await until(answered)


async def test_a_stale_answer_is_dropped(visitor, sim):
    """Another integration takes control while the bot works."""
    await sim.add_fault("latency", seconds=3, path="/conversations/*", method="GET", count=1)
    await sim.add_fault("hold", event="conversation:message", count=1)
    await visitor.says(ASK_HOURS)

    async def is_held():
        return await sim.held()

    await until(is_held)
    await sim.pass_control(visitor.conversation, "zd-agentWorkspace")
    await sim.release()
    await asyncio.sleep(1.5)
    assert await visitor.heard() == []


async def user_events(tracker_of, visitor):
    return [each for each in (await tracker_of(visitor))["events"] if each["event"] == "user"]


async def user_texts(tracker_of, visitor):
    return [each["text"] for each in await user_events(tracker_of, visitor)]
