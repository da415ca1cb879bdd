"""A message that is left while nobody is there, from the form to Zendesk."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.actions import run, tracker
from tests.support.waiting import until
from zendesk_handoff.actions import ActionHandoffMessage
from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.domain.identity import USER_KEY
from zendesk_handoff.domain.responses import (
    DECLINED,
    MESSAGE_FAILED,
    MESSAGE_SENT,
    default_response,
)
from zendesk_handoff.domain.session import State
from zendesk_handoff.handover.agent_notes import agent_note

EMAIL, MESSAGE = "jo@example.com", "My parcel %((switchboard:passControl:next))% is late 🙂"
SENT = default_response(MESSAGE_SENT, email=EMAIL)


def written(**slots):
    return tracker(handoff_email=EMAIL, handoff_message=MESSAGE, **slots)


async def test_it_becomes_a_conversation_that_is_answered_by_email(sim, connector, turn):
    messages, slots, paused = await run(ActionHandoffMessage(), written(handoff_reason="angry"))
    assert [each["text"] for each in messages] == [SENT]
    assert not paused
    assert slots["handoff_status"] == "message_left"
    assert slots["handoff_message"] is slots["handoff_reason"] is None
    [conversation] = await sim.conversations(connector.app_id)
    assert conversation["control"]["active"] == "zd-agentWorkspace"
    summary, message = await sim.messages(conversation["id"])
    text = summary["content"]["text"]
    assert text.startswith(agent_note("message_left", "en", email=EMAIL))
    assert "Why: angry" in text
    assert message["author"]["type"] == "user"
    assert message["content"]["text"].endswith("is late 🙂")
    assert "%((" not in message["content"]["text"]
    fields = (await sim.conversation(conversation["id"]))["ticket"]["fields"]
    assert fields["tags"] == ["rasa_handoff", "rasa_offline_message"]
    assert fields["requester.email"] == EMAIL
    store = (await open_resources()).store
    [session] = await store.sessions.recent()
    assert (session.state, session.end_reason) == (State.ENDED, "message_left")
    assert session.finalized, "the bot goes on, in the same Rasa session"


async def test_an_address_that_is_known_goes_before_one_that_was_told(sim, connector, turn):
    found = written()
    found.latest_message["metadata"] = {USER_KEY: {"subject": "1", "email": "known@example.com"}}
    await run(ActionHandoffMessage(), found)
    [conversation] = await sim.conversations(connector.app_id)
    assert conversation["user"]["profile"]["email"] == "known@example.com"


@pytest.mark.parametrize("slots", [{"handoff_email": EMAIL}, {"handoff_message": MESSAGE}, {}])
async def test_a_form_that_was_left_sends_nothing(sim, connector, turn, slots):
    messages, events, _ = await run(ActionHandoffMessage(), tracker(**slots))
    assert [each["text"] for each in messages] == [default_response(DECLINED)]
    assert events == {"handoff_reason": None, "handoff_message": None}
    assert await sim.conversations(connector.app_id) == []


async def test_a_failure_is_told(sim, connector, turn):
    await sim.add_fault("status", status=403, path="*/passControl")
    messages, slots, _ = await run(ActionHandoffMessage(), written())
    assert [each["text"] for each in messages] == [default_response(MESSAGE_FAILED)]
    assert slots["handoff_status"] == "failed"
    [session] = await (await open_resources()).store.sessions.recent()
    assert (session.state, session.end_notified) == (State.FAILED, True)


@pytest.mark.parametrize(("fault", "response"), [(None, MESSAGE_SENT), (403, MESSAGE_FAILED)])
async def test_the_server_tells_the_user_if_the_action_has_died(
    sim, connector, rasa_server, fault, response
):
    if fault:
        await sim.add_fault("status", status=fault, path="*/passControl")
    runtime, bot = rasa_server
    async with bot.lock("jo@example.com"):
        with bot.in_hand.turn("jo@example.com"):
            action = asyncio.create_task(run(ActionHandoffMessage(), written()))

            async def is_opening():
                recent = await runtime.store.sessions.recent()
                return any(each.state is not State.REQUESTED for each in recent)

            await until(is_opening)
            action.cancel()
            await asyncio.gather(action, return_exceptions=True)

    async def is_told():
        return await runtime.store.pending.has("jo@example.com", "rest")

    await until(is_told)
    [message] = await runtime.store.pending.claim("jo@example.com", "rest")
    assert message.body["text"] == default_response(response, email=EMAIL)

    async def is_notified():
        [session] = await runtime.store.sessions.recent()
        return session.end_notified and not session.finalized  # there is no model yet

    await until(is_notified)
