"""What happens in an ordinary week: refusals, problems, restarts, and calls that are not for us."""

from __future__ import annotations

import asyncio
import io
import json

import pytest

from tests.scenarios.conftest import none_left, until
from tests.support.servers import MODEL
from zendesk_handoff.rasa.runtime import ASKED_JUST_NOW

STARTED = "asked a colleague to join"
HOURS = "Mill Lane"


def webhook(stack, connector="support", route="/api/v1/connectors/{}/webhook"):
    return stack.rasa_url + route.format(connector)


async def conversations_of(sim, user):
    return [one for one in await sim.conversations() if one["user"]["externalId"] == user.sender]


async def struck(sim):
    """Make sure that the fault has happened: without it the story proves nothing."""
    assert all(fault["hits"] for fault in await sim.faults())


@pytest.mark.parametrize("path", ["/conversations", "*/passControl"])
async def test_a_refusal_is_told_and_the_bot_goes_on(sim, user, stack, path):
    await sim.add_fault("status", status=403, code="forbidden", method="POST", path=path)
    told = await user.says("I want to talk to a human")
    await struck(sim)
    assert not any(STARTED in text for text in told)
    assert told
    assert await user.slot("handoff_status") == "failed"
    await sim.clear_faults()
    assert any(HOURS in text for text in await user.says("What are your opening hours?"))


async def test_an_unknown_workspace_is_nobody_elses(sim, new_user):
    user = new_user(workspace="somebody-else")
    told = await user.says("I want to talk to a human")
    assert told
    assert not any(STARTED in text for text in told)
    assert await conversations_of(sim, user) == []
    assert any(HOURS in text for text in await user.says("What are your opening hours?"))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503, "path": "/conversations", "count": 2},
        {"kind": "status", "status": 429, "retry_after": 1, "path": "*/passControl", "count": 1},
        {"kind": "drop", "when": "after", "path": "/conversations", "count": 1},
        {"kind": "drop", "when": "before", "path": "*/messages", "count": 1},
        {"kind": "drop", "when": "after", "path": "*/messages", "count": 1},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', fault.get('when'))} {fault['path']}",
)
async def test_a_moments_trouble_is_got_over_with_one_conversation(sim, user, fault):
    await sim.add_fault(
        fault["kind"], method="POST", **{k: v for k, v in fault.items() if k != "kind"}
    )
    told = await user.says("I want to talk to a human")
    await struck(sim)
    assert any(STARTED in text for text in told)
    found = await conversations_of(sim, user)
    assert len(found) == 1
    messages = await sim.messages(found[0]["id"])
    assert len(messages) == 1, "one summary"


async def test_an_ambiguous_post_does_not_repeat_the_users_words(hand_over, sim, user):
    session = await hand_over(user)
    await sim.add_fault("drop", when="after", method="POST", path="*/messages", count=1)
    await user.says("only once please")
    await user.says("and this after it")
    await sim.wait_for_message(session.conversation, "and this after it", timeout=20)
    written = [
        each["content"]["text"]
        for each in await sim.messages(session.conversation)
        if each["author"]["type"] == "user"
    ]
    await struck(sim)
    assert written == ["only once please", "and this after it"]


async def test_a_message_during_the_escalation_reaches_the_agent(sim, user, stack):
    await sim.add_fault("latency", seconds=1.5, method="POST", path="*/passControl", count=1)
    asking = asyncio.create_task(user.says("I want to talk to a human"))
    app = stack.connectors["support"]["app_id"]
    found = await sim.wait_for_conversation(
        app, lambda one: one["user"]["externalId"] == user.sender
    )
    during = await user.says("What are your opening hours?")
    assert any(STARTED in text for text in await asking)
    await struck(sim)
    assert not any(HOURS in text for text in during)
    await sim.wait_for_message(found["id"], "What are your opening hours?")


@pytest.mark.parametrize("kind", ["duplicate", "same_message"])
async def test_a_duplicated_event_is_delivered_once(hand_over, sim, user, kind):
    session = await hand_over(user)
    await sim.add_fault(kind, event="conversation:message", count=1)
    await sim.agent_text(session.conversation, "said once")
    await sim.agent_text(session.conversation, "the last word")
    heard = await user.hears("the last word")
    heard += await user.gets("anything more?")
    await struck(sim)
    assert sum("said once" in str(each) for each in heard) == 1


async def test_two_tenants_never_see_each_other(hand_over, sim, new_user, stack, http):
    mine, theirs = new_user(), new_user(workspace="wholesale")
    first = await hand_over(mine)
    second = await hand_over(theirs, connector="wholesale")
    apps = {
        (await sim.conversation(first.conversation))["app"]["id"],
        (await sim.conversation(second.conversation))["app"]["id"],
    }
    assert apps == {one["app_id"] for one in stack.connectors.values()}
    # The wholesale account's call, with its own key, about the support account's conversation.
    event = agent_event(first.conversation, "from the wrong account")
    answer = await send(http, stack, event, connector="wholesale")
    assert answer == 200
    await sim.agent_text(first.conversation, "from the right account")
    heard = await mine.hears("from the right account")
    assert "wrong account" not in str(heard)


def agent_event(conversation_id, text, *, message_id="5" * 24, event_id="6" * 24):
    return {
        "id": event_id,
        "type": "conversation:message",
        "createdAt": "2026-01-05T10:00:00.000Z",
        "payload": {
            "conversation": {"id": conversation_id, "type": "personal"},
            "message": {
                "id": message_id,
                "received": "2026-01-05T10:00:00.000Z",
                "author": {"type": "business", "displayName": "Ana"},
                "content": {"type": "text", "text": text},
                "source": {"type": "zd:agentWorkspace"},
                "metadata": {"__zendesk_msg.agent.id": "900000000001"},
            },
        },
    }


async def send(http, stack, *events, connector="support", key=None, route=None):
    secret = stack.connectors[connector]["webhook_secret"]
    body = {"app": {"id": "a"}, "webhook": {"id": "b", "version": "v2"}, "events": list(events)}
    url = webhook(stack, connector, route) if route else webhook(stack, connector)
    async with http.post(url, json=body, headers={"X-API-Key": key or secret}) as answer:
        return answer.status


ROUTES = ["/api/v1/connectors/{}/webhook", "/webhooks/zendesk/{}/webhook"]


@pytest.mark.parametrize("route", ROUTES)
async def test_the_webhook_answers_as_zendesk_needs_it(stack, http, route):
    event = agent_event("f" * 24, "not ours")
    url = webhook(stack, "support", route)
    key = {"X-API-Key": stack.connectors["support"]["webhook_secret"]}
    assert await send(http, stack, event, route=route) == 200
    assert await send(http, stack, event, route=route, key="wrong") == 401
    async with http.post(url, json={"events": []}) as answer:
        assert answer.status == 401
    async with http.post(webhook(stack, "nobody", route), json={}) as answer:
        assert answer.status == 404
    for garbage in (
        b"",
        b"invalid_payload",
        b"[]",
        b'{"events": 3}',
        b'{"no": "events"}',
        b"\xff\xfe",
    ):
        async with http.post(url, data=garbage, headers=key) as answer:
            assert answer.status == 400, garbage
    large = io.BytesIO(b" " * (10 * 1024 * 1024 + 1))
    async with http.post(url, data=large, headers=key) as answer:
        assert answer.status == 413
    async with http.head(url) as answer:
        assert answer.status == 200
    odd = {"id": "1", "type": "conversation:message", "payload": {"conversation": {"id": 3}}}
    future = {"id": "2", "type": "conversation:something_new", "payload": {}}
    assert await send(http, stack, odd, future, 17, None, route=route) == 200


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


async def test_the_bot_takes_the_conversation_back(hand_over, sim, user, stack, http):
    session = await hand_over(user)
    url = f"{stack.rasa_url}/conversations/{user.sender}/execute"
    async with http.post(url, json={"name": "action_end_handoff"}) as answer:
        assert answer.status == 200
    await sim.wait_for_message(
        session.conversation, lambda one: "taken over again" in one["content"].get("text", "")
    )
    await user.hears("I am the bot again")
    assert await user.slot("handoff_end_reason") == "bot"


@pytest.mark.parametrize("kill", [False, True], ids=["terminated", "killed"])
async def test_a_restart_of_the_bot_loses_nothing(hand_over, sim, user, stack, kill):
    session = await hand_over(user)
    await user.says("before")
    await sim.wait_for_message(session.conversation, "before")
    rasa = stack.processes["rasa"]
    await asyncio.to_thread(rasa.stop, kill=kill)
    await asyncio.to_thread(rasa.start)

    async def inactive() -> bool:
        return await user.says("after") == []

    await until(inactive)
    await sim.wait_for_message(session.conversation, "after", timeout=40)
    await sim.agent_text(session.conversation, "I am still here")
    await user.hears("I am still here")
    await sim.end_session(session.conversation)
    await user.hears("I am the bot again")


async def test_what_happened_while_the_bot_was_away_is_caught_up(hand_over, sim, user, stack):
    """Away for longer than Zendesk repeats its calls: no webhook will ever tell of it."""
    session = await hand_over(user)
    rasa = stack.processes["rasa"]
    rasa.stop(kill=True)
    await sim.add_fault("lose")
    await sim.agent_text(session.conversation, "I have found your parcel")
    await sim.end_session(session.conversation)
    await sim.advance(3600)
    # A start does not ask about what was asked about just now.
    await asyncio.sleep(ASKED_JUST_NOW + 0.5)
    await asyncio.to_thread(rasa.start)
    await struck(sim)
    heard = await user.hears("I have found your parcel", "I am the bot again")
    said = [str(each) for each in heard]
    first = next(n for n, each in enumerate(said) if "found your parcel" in each)
    last = next(n for n, each in enumerate(said) if "I am the bot again" in each)
    assert first < last
    assert any(HOURS in text for text in await user.says("What are your opening hours?"))


async def test_a_user_who_comes_back_after_an_hour_is_still_with_the_agent(
    hand_over, sim, user, stack, http
):
    """Rasa begins a new session of its own then, which ends its pause: the store decides."""
    session = await hand_over(user)
    # An hour later everybody has long known of the agents.
    unnotified = "SELECT count(*) FROM sessions WHERE sender_id = ? AND NOT start_notified"
    await none_left(stack, unnotified, user.sender)
    url = f"{stack.rasa_url}/conversations/{user.sender}/tracker/events"
    async with http.post(url, json=[{"event": "session_started"}]) as answer:
        assert answer.status == 200
    assert not (await user.tracker())["paused"]
    assert await user.says("What are your opening hours?") == []
    await sim.wait_for_message(session.conversation, "What are your opening hours?")
    await sim.agent_text(session.conversation, "welcome back")
    await user.hears("welcome back")
    await sim.end_session(session.conversation)
    heard = await user.hears("I am the bot again", asking="What are your opening hours?")
    assert any(HOURS in str(each) for each in heard)


async def test_twenty_seconds_of_silence_cost_no_message_and_double_none(hand_over, sim, user):
    """In real time: our own limit for a call runs out first, and what was said is in doubt."""
    session = await hand_over(user)
    path = f"/conversations/{session.conversation}/messages"
    for when in ("before", "after"):
        await sim.add_fault("silence", seconds=20, when=when, method="POST", path=path, count=1)
        await user.says(f"written {when}")
        await sim.wait_for_message(session.conversation, f"written {when}", timeout=40)
        await user.says(f"next to {when}")
        await sim.wait_for_message(session.conversation, f"next to {when}", timeout=40)
        await struck(sim)
    texts = [each["content"].get("text") for each in await sim.messages(session.conversation)]
    ours = [text for text in texts if text and text.startswith(("written", "next"))]
    assert ours == ["written before", "next to before", "written after", "next to after"]
