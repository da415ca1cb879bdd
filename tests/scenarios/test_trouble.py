"""Refusals, short outages and duplicated calls, of Zendesk and of its webhook."""

from __future__ import annotations

import asyncio
import io
from functools import partial

import pytest

from tests.support.bot_texts import ASK_HOURS, ASK_HUMAN, ENDED, FAILED, HOURS, STARTED
from tests.support.users import is_of
from tests.support.webhooks import ROUTES, agent_event, post_events, webhook_url
from zendesk_handoff.settings import read_settings
from zendesk_handoff.zendesk.administration import Administration

_BLOCK = {"public_url": "http://127.0.0.1:5005"}


async def conversations_of(sim, user):
    return [one for one in await sim.conversations() if is_of(one, user.sender)]


async def faults_have_hit(sim):
    """Check that every fault has occurred: without it the scenario proves nothing."""
    assert all(fault["hits"] for fault in await sim.faults())


@pytest.mark.parametrize("path", ["/conversations", "*/passControl"])
async def test_a_refused_opening_is_reported_and_the_bot_goes_on(sim, user, stack, path):
    await sim.add_fault("status", status=403, code="forbidden", method="POST", path=path)
    replies = await user.says(ASK_HUMAN)
    await faults_have_hit(sim)
    assert not any(STARTED in text for text in replies)
    assert replies
    assert await user.slot("handoff_status") == "failed"
    await sim.clear_faults()
    assert any(HOURS in text for text in await user.says(ASK_HOURS))


@pytest.fixture
async def nobody_by_that_name(stack, sim):
    """The agents have another name in the switchboard, which only an event reports."""
    connector = stack.connectors["support"]
    account = read_settings({**_BLOCK, "connectors": {"support": connector}}).connectors["support"]
    await sim.set_switches(connector["app_id"], refused_action_status=200)
    async with Administration(account) as administration:
        switchboard = await administration.switchboard.get()
        listed = await administration.switchboard.list_integrations(switchboard.id)
        agents = next(each for each in listed if each.name == account.agent_workspace)
        rename = partial(administration.switchboard.update_integration, switchboard.id, agents.id)
        await rename(name="renamed")
        yield
        await rename(name=agents.name)
    await sim.set_switches(connector["app_id"], refused_action_status=400)


async def test_a_user_hears_that_the_agents_never_got_the_conversation(
    nobody_by_that_name, stack, user
):
    heard = [*await user.says(ASK_HUMAN), str(await user.hears(FAILED, asking=ASK_HOURS))]
    assert HOURS in str([*heard, await user.says(ASK_HOURS)])
    log = (stack.folder / "rasa.log").read_text()
    assert "handoff.control.not_passed" in log and "agent_workspace" in log


async def test_an_unknown_workspace_uses_no_other_connector(sim, new_user):
    user = new_user(workspace="somebody-else")
    replies = await user.says(ASK_HUMAN)
    assert replies
    assert not any(STARTED in text for text in replies)
    assert await conversations_of(sim, user) == []
    assert any(HOURS in text for text in await user.says(ASK_HOURS))


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
async def test_a_short_outage_is_survived_with_one_conversation(sim, user, fault):
    await sim.add_fault(
        fault["kind"], method="POST", **{k: v for k, v in fault.items() if k != "kind"}
    )
    replies = await user.says(ASK_HUMAN)
    await faults_have_hit(sim)
    assert any(STARTED in text for text in replies)
    found = await conversations_of(sim, user)
    assert len(found) == 1
    messages = await sim.messages(found[0]["id"])
    assert len(messages) == 1, "one summary"


async def test_an_ambiguous_post_does_not_repeat_the_users_words(hand_over, sim, user):
    session = await hand_over(user)
    await sim.add_fault("drop", when="after", method="POST", path="*/messages", count=1)
    await user.says("only once please")
    await user.says("and this after it")
    await sim.wait_for_message(session.conversation, "and this after it")
    written = [
        each["content"]["text"]
        for each in await sim.messages(session.conversation)
        if each["author"]["type"] == "user"
    ]
    await faults_have_hit(sim)
    assert written == ["only once please", "and this after it"]


async def test_a_message_during_the_escalation_reaches_the_agent(sim, user, stack):
    await sim.add_fault("latency", seconds=1.5, method="POST", path="*/passControl", count=1)
    asking = asyncio.create_task(user.says(ASK_HUMAN))
    app = stack.connectors["support"]["app_id"]
    found = await sim.wait_for_conversation(app, lambda one: is_of(one, user.sender))
    during = await user.says(ASK_HOURS)
    assert any(STARTED in text for text in await asking)
    await faults_have_hit(sim)
    assert not any(HOURS in text for text in during)
    await sim.wait_for_message(found["id"], ASK_HOURS)


@pytest.mark.parametrize("kind", ["duplicate", "same_message"])
async def test_a_duplicated_event_is_delivered_once(hand_over, sim, user, kind):
    session = await hand_over(user)
    await sim.add_fault(kind, event="conversation:message", count=1)
    await sim.agent_text(session.conversation, "said once")
    await sim.agent_text(session.conversation, "the last word")
    heard = await user.hears("the last word")
    heard += await user.gets("anything more?")
    await faults_have_hit(sim)
    assert sum("said once" in str(each) for each in heard) == 1


async def test_two_tenants_never_see_each_other(hand_over, sim, new_user, stack, http):
    mine, theirs = new_user(), new_user(workspace="wholesale")
    first = await hand_over(mine)
    second = await hand_over(theirs, connector="wholesale")
    apps = {
        (await sim.conversation(first.conversation))["app"]["id"],
        (await sim.conversation(second.conversation))["app"]["id"],
    }
    assert apps == {stack.connectors[each]["app_id"] for each in ("support", "wholesale")}
    # The wholesale account's call, with its own key, about the support account's conversation.
    event = agent_event(first.conversation, "from the wrong account")
    answer = await post_events(http, stack, event, connector="wholesale")
    assert answer == 200
    await sim.agent_text(first.conversation, "from the right account")
    heard = await mine.hears("from the right account")
    assert "wrong account" not in str(heard)


@pytest.mark.parametrize("route", ROUTES)
async def test_the_webhook_answers_as_zendesk_needs_it(stack, http, route):
    event = agent_event("f" * 24, "not ours")
    url = webhook_url(stack, "support", route)
    key = {"X-API-Key": stack.connectors["support"]["webhook_secret"]}
    assert await post_events(http, stack, event, route=route) == 200
    assert await post_events(http, stack, event, route=route, key="wrong") == 401
    async with http.post(url, json={"events": []}) as answer:
        assert answer.status == 401
    async with http.post(webhook_url(stack, "nobody", route), json={}) as answer:
        assert answer.status == 404
    for garbage in (
        b"",
        b"not JSON",
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
    assert await post_events(http, stack, odd, future, 17, None, route=route) == 200


async def test_the_bot_ends_the_session(hand_over, sim, user, stack, http):
    session = await hand_over(user)
    url = f"{stack.rasa_url}/conversations/{user.sender}/execute"
    async with http.post(url, json={"name": "action_end_handoff"}) as answer:
        assert answer.status == 200
    await sim.wait_for_message(
        session.conversation, lambda one: "taken over again" in one["content"].get("text", "")
    )
    await user.hears(ENDED)
    assert await user.slot("handoff_end_reason") == "bot"


async def test_twenty_seconds_of_silence_lose_and_duplicate_no_message(hand_over, sim, user):
    """In real time: the client's timeout comes first, so that the outcome is unknown."""
    session = await hand_over(user)
    path = f"/conversations/{session.conversation}/messages"
    for when in ("before", "after"):
        await sim.add_fault("silence", seconds=20, when=when, method="POST", path=path, count=1)
        await user.says(f"written {when}")
        await sim.wait_for_message(session.conversation, f"written {when}")
        await user.says(f"next to {when}")
        await sim.wait_for_message(session.conversation, f"next to {when}")
        await faults_have_hit(sim)
    texts = [each["content"].get("text") for each in await sim.messages(session.conversation)]
    ours = [text for text in texts if text and text.startswith(("written", "next"))]
    assert ours == ["written before", "next to before", "written after", "next to after"]
