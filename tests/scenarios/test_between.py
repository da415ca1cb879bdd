"""Between user, bot and agent: what is for whom, and how one comes back."""

from __future__ import annotations

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, HOURS, NOT_PASSED_ON, STARTED
from tests.support.users import conversation_of, texts_of_user
from tests.support.waiting import until


async def is_over(user):
    async def look():
        return await user.slot("handoff_status") == "ended"

    await until(look)


async def test_the_agent_reads_titles_and_words_and_never_a_payload(hand_over, sim, user):
    await user.says("hi")
    button = {"title": "Yes, please", "payload": "/affirm"}
    shown = {"event": "bot", "text": "Shall I?", "data": {"buttons": [button]}}
    url = f"{user.rasa_url}/conversations/{user.sender}/tracker/events"
    async with user.http.post(url, json=[shown]) as answer:
        assert answer.status == 200
    session = await hand_over(user)
    for text in ("/affirm", '/inform{"order_number": "10234"}', "/order_status", "/etc/passwd"):
        await user.says(text)
    await sim.wait_for_message(session.conversation, "/etc/passwd")
    assert texts_of_user(await sim.messages(session.conversation)) == [
        "Yes, please",
        "inform: 10234",
        "order status",
        "/etc/passwd",
    ]


@pytest.mark.parametrize("words", ["STOP", " «Chat  beenden!» 👋", "/restart"])
async def test_a_user_is_told_how_to_leave_and_leaves(words, hand_over, sim, user):
    session = await hand_over(user)
    assert STARTED in session.replies[0]
    assert sum("end chat" in each for each in session.replies) == 1
    answer = await user.says(words)
    assert sum(ENDED in each for each in answer) == 1
    assert texts_of_user(await sim.messages(session.conversation)) == []
    assert any(HOURS in each for each in await user.says(ASK_HOURS))
    events = [each["event"] for each in (await user.tracker())["events"]]
    assert ("restart" in events) is (words == "/restart")


async def test_no_door_into_the_bot_is_open_during_a_session(hand_over, sim, stack, user):
    session = await hand_over(user)
    root = f"{stack.rasa_url}/conversations/{user.sender}"
    utterance = {"event": "bot", "text": "the bot speaks"}
    for path, body in (
        ("/execute", {"name": "utter_greet"}),
        ("/execute", {"name": "action_session_start"}),
        ("/trigger_intent", {"name": "greet"}),
        ("/tracker/events?execute_side_effects=true&output_channel=flaky", [utterance]),
        ("/tracker/events", [{"event": "restart"}]),
        ("/tracker/events", [{"event": "session_started"}]),
        ("/tracker/events", [{"event": "resume"}]),
    ):
        async with user.http.post(root + path, json=body) as answer:
            assert answer.status == 200, path
            given = await answer.json()
            assert not given.get("messages"), path
    async with user.http.get(
        f"{stack.rasa_url}/webhooks/flaky/messages?sender={user.sender}"
    ) as sent:
        assert await sent.json() == []
    assert await user.says("are you there?") == []
    await sim.wait_for_message(session.conversation, "are you there?")
    async with user.http.post(f"{root}/execute", json={"name": "action_end_handoff"}) as answer:
        assert answer.status == 200
    assert sum(ENDED in str(each) for each in await user.hears(HOURS, asking=ASK_HOURS)) == 1


async def test_a_message_that_crosses_the_release_is_answered_by_the_bot(hand_over, sim, user):
    session = await hand_over(user)
    await user.says("seen by the agent")
    await sim.wait_for_message(session.conversation, "seen by the agent")
    await sim.add_fault("hold", event="switchboard:releaseControl")
    await sim.end_session(session.conversation)
    assert await user.says(ASK_HOURS) == []
    await sim.wait_for_message(session.conversation, ASK_HOURS)
    await sim.release()
    heard = await user.hears(HOURS, asking="hello")
    assert sum(ENDED in str(each) for each in heard) == 1
    assert sum(HOURS in str(each) for each in heard) == 1
    events = (await user.tracker())["events"]
    seen = [each for each in events if each.get("text") == "seen by the agent"]
    assert len(seen) == 1, seen
    assert sum(each.get("text") == ASK_HOURS for each in events) == 1


async def test_a_message_that_was_not_sent_before_the_end_goes_to_the_bot(hand_over, sim, user):
    session = await hand_over(user)
    path = f"/conversations/{session.conversation}/messages"
    await sim.add_fault("status", status=503, path=f"*{path}", method="POST")
    assert await user.says(ASK_HOURS) == []
    await sim.end_session(session.conversation)
    heard = await user.hears(HOURS, asking="hello")
    await sim.clear_faults()
    assert sum(HOURS in str(each) for each in heard) == 1
    assert ASK_HOURS not in texts_of_user(await sim.messages(session.conversation))


async def test_a_form_of_before_is_left(sim, stack, user):
    await user.says("I want to send something back")
    await user.says("10234")
    assert (await user.tracker())["active_loop"].get("name") == "return_form"
    await user.says(ASK_HUMAN)
    conversation = (await conversation_of(user.sender, sim, stack))["id"]
    await sim.end_session(conversation)
    await is_over(user)
    tracker = await user.tracker()
    assert not tracker["active_loop"].get("name")
    assert tracker["slots"]["requested_slot"] is None
    heard = await user.says("it is broken")
    assert not any("noted" in each for each in heard), heard
    tracker = await user.tracker()
    assert tracker["slots"]["return_reason"] is None
    assert NOT_PASSED_ON not in str(heard)
