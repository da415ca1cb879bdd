"""Restarts, downtime and new models during an open session."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.bot_texts import ASK_HOURS, ENDED, HOURS
from tests.support.servers import MODEL
from tests.support.waiting import until, until_none_left
from zendesk_handoff.rasa.runtime import RECENTLY_RECONCILED


async def test_a_new_model_does_not_end_the_session(hand_over, sim, user, stack, http):
    session = await hand_over(user)
    body = json.dumps({"model_file": str(MODEL)})
    async with http.put(f"{stack.rasa_url}/model", data=body) as answer:
        assert answer.status == 204
    assert await user.says("still with the agent?") == []
    await sim.wait_for_message(session.conversation, "still with the agent?")


async def test_a_message_without_any_model_reaches_the_agent(hand_over, sim, user, stack, http):
    session = await hand_over(user)
    try:
        async with http.delete(f"{stack.rasa_url}/model") as answer:
            assert answer.status == 204
        await user.says("is anybody there?")
        await sim.wait_for_message(session.conversation, "is anybody there?")
    finally:
        body = json.dumps({"model_file": str(MODEL)})
        async with http.put(f"{stack.rasa_url}/model", data=body) as answer:
            assert answer.status == 204


@pytest.mark.parametrize("kill", [False, True], ids=["terminated", "killed"])
async def test_a_restart_of_the_bot_loses_nothing(hand_over, sim, user, stack, kill):
    session = await hand_over(user)
    await user.says("before")
    await sim.wait_for_message(session.conversation, "before")
    rasa = stack.processes["rasa"]
    await asyncio.to_thread(rasa.stop, kill=kill)
    await asyncio.to_thread(rasa.start)

    async def bot_is_silent() -> bool:
        return await user.says("after") == []

    await until(bot_is_silent)
    await sim.wait_for_message(session.conversation, "after")
    await sim.agent_text(session.conversation, "I am still here")
    await user.hears("I am still here")
    await sim.end_session(session.conversation)
    await user.hears(ENDED)


async def test_events_of_a_long_downtime_are_fetched(hand_over, sim, user, stack):
    """The downtime is longer than Zendesk's retries: no webhook will bring these events."""
    session = await hand_over(user)
    rasa = stack.processes["rasa"]
    rasa.stop(kill=True)
    await sim.add_fault("lose")
    await sim.agent_text(session.conversation, "I have found your parcel")
    await sim.end_session(session.conversation)
    await sim.advance(3600)
    # A start skips the sessions that were checked a moment ago.
    await asyncio.sleep(RECENTLY_RECONCILED + 0.5)
    await asyncio.to_thread(rasa.start)
    assert all(fault["hits"] for fault in await sim.faults()), "the webhooks must be lost"
    heard = await user.hears("I have found your parcel", ENDED)
    said = [str(each) for each in heard]
    first = next(n for n, each in enumerate(said) if "found your parcel" in each)
    last = next(n for n, each in enumerate(said) if ENDED in each)
    assert first < last
    assert any(HOURS in text for text in await user.says(ASK_HOURS))


async def test_a_user_who_comes_back_after_an_hour_is_still_with_the_agent(
    hand_over, sim, user, stack, http
):
    """Rasa starts a new session then, which ends its pause; the plugin's store decides."""
    session = await hand_over(user)
    # An hour later the start notification has long been sent.
    unnotified = "SELECT count(*) FROM sessions WHERE sender_id = ? AND NOT start_notified"
    await until_none_left(stack.folder / "handoff.db", unnotified, user.sender)
    url = f"{stack.rasa_url}/conversations/{user.sender}/tracker/events"
    async with http.post(url, json=[{"event": "session_started"}]) as answer:
        assert answer.status == 200
    assert not (await user.tracker())["paused"]
    assert await user.says(ASK_HOURS) == []
    await sim.wait_for_message(session.conversation, ASK_HOURS)
    await sim.agent_text(session.conversation, "welcome back")
    await user.hears("welcome back")
    await sim.end_session(session.conversation)
    heard = await user.hears(ENDED, asking=ASK_HOURS)
    assert any(HOURS in str(each) for each in heard)
