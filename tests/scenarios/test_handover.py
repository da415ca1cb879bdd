"""Handover from the bot to the agents and back, over a channel that cannot push."""

from __future__ import annotations

import itertools
import re

import aiohttp
import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, STARTED
from tests.support.names import AGENTS, SENDERS, TEXTS
from tests.support.users import RestUser, is_of, texts_of_user
from tests.support.waiting import until

JOINED = "Ana is here now"


async def test_the_agent_reads_a_summary_and_the_user_gets_a_confirmation(hand_over, sim, user):
    await user.says("Where is my order 10234?")
    session = await hand_over(user)
    assert any(STARTED in text for text in session.replies)
    state = await sim.conversation(session.conversation)
    assert state["control"]["active"] == "zd-agentWorkspace"
    first = state["messages"][0]
    assert first["author"]["type"] == "business"
    assert "10234" in first["content"]["text"]
    assert await user.slot("handoff_status") == "waiting"


async def is_active(user):
    """Wait until the tracker knows: it is written after the message has been sent."""

    async def active():
        return await user.slot("handoff_status") == "active"

    await until(active)


async def test_messages_pass_both_ways_while_the_bot_is_silent(hand_over, sim, user):
    session = await hand_over(user)
    assert await user.says(ASK_HOURS) == []
    await sim.wait_for_message(session.conversation, ASK_HOURS)
    await sim.agent_text(session.conversation, "We open at nine.", agent="Ana")
    heard = await user.hears("Ana: We open at nine.")
    assert JOINED in heard[0]["text"]
    await is_active(user)
    await sim.agent_text(session.conversation, "Anything else?", agent="Ana")
    again = await user.hears("Anything else?")
    assert not any(JOINED in str(each) for each in again)


@pytest.mark.parametrize("sender", SENDERS)
async def test_handover_and_return_of_any_sender(hand_over, sim, new_user, sender):
    user = new_user(sender=sender)
    session = await hand_over(user)
    assert any(STARTED in text for text in session.replies)
    await user.says("a question")
    await sim.wait_for_message(session.conversation, "a question")
    await sim.agent_text(session.conversation, "an answer", agent="Ana")
    await user.hears("Ana: an answer")
    await is_active(user)
    await sim.end_session(session.conversation)
    await user.hears(ENDED)


async def test_any_agents_name_and_text_in_one_session(hand_over, sim, user):
    session = await hand_over(user)
    for text in TEXTS:
        await user.says(text)
    # What would act at Zendesk does not: its percent sign is another one, or the mark is gone.
    harmless = [
        text.replace("%((", "\u066a((").replace("%[", "\u066a[").replace("\u202e", "")
        for text in TEXTS
    ]
    await sim.wait_for_message(session.conversation, harmless[-1])
    assert texts_of_user(await sim.messages(session.conversation)) == harmless
    # From an agent, a switchboard command is carried out and not sent.
    texts = itertools.cycle(text for text in TEXTS if "switchboard:" not in text)
    written = [*zip(AGENTS, texts, strict=False), (AGENTS[0], "the last answer")]
    for name, text in written:
        await sim.agent_text(session.conversation, text, agent=name)
    heard = [each.get("text", "") for each in await user.hears("the last answer")]
    agents = [text for text in heard if not re.search(" is here now| has taken over from ", text)]
    assert agents == [f"{name}: {text}" for name, text in written]


async def test_order_is_kept_both_ways(hand_over, sim, user):
    session = await hand_over(user)
    for number in range(8):
        await user.says(f"line {number}")
    await sim.wait_for_message(session.conversation, "line 7")
    written = texts_of_user(await sim.messages(session.conversation))
    assert written == [f"line {number}" for number in range(8)]
    for number in range(5):
        await sim.agent_text(session.conversation, f"answer {number}")
    heard = await user.hears("answer 4")
    answers = [each["text"] for each in heard if "answer" in each.get("text", "")]
    assert answers == [f"Ana: answer {number}" for number in range(5)]


async def test_image_and_file_from_the_agent(hand_over, sim, user, http, stack):
    session = await hand_over(user)
    app = stack.connectors["support"]["app_id"]
    await sim.set_switches(app, private_attachments=True)
    try:
        picture = b"\x89PNG\r\n\x1a\n" + b"picture"
        await sim.agent_image(session.conversation, picture, filename="label.png")
        await sim.agent_file(session.conversation, b"%PDF-1.4 page", filename="receipt.pdf")
        heard = await user.hears("label.png", "receipt.pdf")
        image = next(each["image"] for each in heard if "image" in each)
        file = next(each["attachment"] for each in heard if "attachment" in each)
        assert await _fetch(http, image) == picture
        assert await _fetch(http, file) == b"%PDF-1.4 page"
    finally:
        await sim.set_switches(app, private_attachments=False)


async def _fetch(http: aiohttp.ClientSession, url: str) -> bytes:
    async with http.get(url) as answer:
        assert answer.status == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return await answer.read()


async def test_the_agent_ends_and_the_bot_is_back(hand_over, sim, user):
    session = await hand_over(user)
    await user.says("it is about a kettle")
    await sim.agent_text(session.conversation, "All done, bye!")
    await user.hears("All done, bye!")
    await sim.end_session(session.conversation)
    heard = await user.hears(ENDED, asking=ASK_HOURS)
    assert any(HOURS in str(each) for each in heard), "the bot answers again"
    tracker = await user.tracker()
    events = tracker["events"]
    said = [each.get("text") for each in events]
    assert "it is about a kettle" in said
    assert "All done, bye!" in said
    assert tracker["slots"]["handoff_status"] == "ended"
    assert tracker["slots"]["handoff_end_reason"] == "agent"
    assert not tracker["paused"]
    last_start = max(n for n, each in enumerate(events) if each["event"] == "session_started")
    resumed = max(n for n, each in enumerate(events) if each["event"] == "resume")
    assert last_start > resumed, "the next message begins a new Rasa session"


async def test_the_user_ends(hand_over, sim, user):
    session = await hand_over(user)
    await user.says("one more thing")
    assert any(ENDED in text for text in await user.says("/end_handoff"))
    await sim.wait_for_message(
        session.conversation, lambda one: "has left" in one["content"].get("text", "")
    )
    assert any(HOURS in text for text in await user.says(ASK_HOURS))


async def test_the_user_ends_inside_the_switchboard(hand_over, sim, new_user):
    user = new_user(workspace="wholesale")
    session = await hand_over(user, connector="wholesale")
    assert any(ENDED in text for text in await user.says("/end_handoff"))
    # The bot accepts control first, then releases it.
    await sim.wait_for_state(session.conversation, lambda one: one["control"]["active"] is None)


async def test_agents_messages_inside_the_switchboard(hand_over, sim, new_user):
    user = new_user(workspace="wholesale")
    session = await hand_over(user, connector="wholesale")
    await sim.agent_text(session.conversation, "Wholesale here")
    await user.hears("Wholesale here")
    await sim.end_session(session.conversation)
    await user.hears(ENDED)


async def test_a_second_handover_opens_a_second_conversation(hand_over, sim, user):
    first = await hand_over(user)
    await sim.end_session(first.conversation)
    await user.hears(ENDED)
    replies = await user.says(ASK_HUMAN)
    assert any(STARTED in text for text in replies)
    ids = [one["id"] for one in await sim.conversations() if is_of(one, user.sender)]
    assert len(ids) == 2


async def test_an_automation_is_delivered_without_an_agent_joining(hand_over, sim, user):
    session = await hand_over(user)
    await sim.automation(session.conversation, "All our agents are busy.")
    heard = await user.hears("All our agents are busy.")
    assert not any("is here now" in str(each) for each in heard)
    assert await user.slot("handoff_status") == "waiting"


async def test_a_long_message_arrives_whole(hand_over, sim, user):
    session = await hand_over(user)
    text = "words with umläuts and 👩‍👩‍👧 " * 400
    await user.says(text)
    await user.says("the end")
    await sim.wait_for_message(session.conversation, "the end")
    parts = texts_of_user(await sim.messages(session.conversation))[:-1]
    assert len(parts) > 1
    assert "".join(parts) == text.strip()


async def test_pending_messages_come_once_without_keep_alive(hand_over, stack, sim):
    """As behind a proxy: the server closes the connection with the answer."""
    connector = aiohttp.TCPConnector(force_close=True)  # sends `Connection: close`
    async with aiohttp.ClientSession(connector=connector) as http:
        user = RestUser(stack.rasa_url, http)
        session = await hand_over(user)
        await sim.agent_text(session.conversation, "read me once")
        heard = await user.hears("read me once")
        for _ in range(3):
            heard += await user.gets("anything else?")
        assert str(heard).count("read me once") == 1
