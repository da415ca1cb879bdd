"""The custom actions, with a Rasa server's workers on the same store, against the simulator."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest
import structlog

from tests.support.actions import CREDENTIALS, run, tracker
from tests.support.store import lease_owner
from tests.support.waiting import until
from tests.support.zendesk import begin
from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff
from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.domain.language import LANGUAGE_KEY
from zendesk_handoff.domain.responses import (
    FAILED,
    HOW_TO_LEAVE,
    QUEUE,
    STARTED,
    default_response,
    responses_in,
)
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.domain.waits import LEAST
from zendesk_handoff.errors import SettingsError

TOLD = [default_response(STARTED), default_response(HOW_TO_LEAVE, end_phrase="end chat")]


async def test_a_handover_pauses_the_conversation_once_the_agents_have_control(
    sim, connector, turn
):
    messages, slots, paused = await run(ActionHumanHandoff(), tracker(handoff_reason="frustrated"))
    assert [each["text"] for each in messages] == TOLD
    told = {"handoff_status": "waiting", "handoff_reason": "frustrated"}
    asked = ("handoff_end_reason", "handoff_opens", "handoff_contact", "handoff_message")
    assert slots == {**told, **dict.fromkeys((*asked, "handoff_topic"))}
    assert paused
    [conversation] = await sim.conversations(connector.app_id)
    assert conversation["control"]["active"] == "zd-agentWorkspace"


@pytest.mark.parametrize(
    "elsewhere",
    [
        [{"text": "In Slack.", "channel": "slack"}],
        [{"text": "Sir.", "condition": [{"type": "slot", "name": "vip", "value": True}]}],
    ],
)
async def test_the_user_is_told_where_the_designers_words_are_for_others(
    connector, turn, elsewhere
):
    messages, *_ = await run(
        ActionHumanHandoff(), tracker(), {"responses": dict.fromkeys((STARTED, FAILED), elsewhere)}
    )
    assert [each["text"] for each in messages] == TOLD


async def test_what_grows_with_the_conversation_keeps_no_other_user_waiting(
    change, turn, monkeypatch
):
    change(transcript=True)
    threads = []

    def write(*_args, **_values):
        threads.append(threading.current_thread())
        return ["Customer: hello"]

    monkeypatch.setattr("zendesk_handoff.actions.case.write_transcript", write)
    await run(ActionHumanHandoff(), tracker())
    assert threads
    assert threading.main_thread() not in threads


async def test_the_action_needs_no_key_and_no_lease(connector, rasa_server, turn):
    resources = await open_resources()
    assert connector.key_secret not in str(resources.settings.connectors["support"].key_secret)
    messages, *_ = await run(ActionHumanHandoff(), tracker())
    assert [each["text"] for each in messages] == TOLD
    [session] = await resources.store.sessions.recent()
    assert await lease_owner(resources.store, session.id) != resources.store.leases.owner


async def test_a_request_that_no_server_takes_up_is_answered_honestly(sim, connector, rasa_server):
    """As with a server without the plugin: none of the plugin's has the conversation in hand."""
    with structlog.testing.capture_logs() as logs:
        messages, slots, paused = await run(ActionHumanHandoff(), tracker())
    assert [each["text"] for each in messages] == [default_response(FAILED)]
    assert slots["handoff_status"] == "failed"
    assert not paused
    assert await sim.conversations(connector.app_id) == []
    [line] = [each for each in logs if each["event"] == "handoff.session.failed"]
    store = (await open_resources()).store
    assert store.database.name in line["error"]
    assert "zendesk_handoff.channels.ZendeskInput" in line["error"]
    [session] = await store.sessions.recent()
    assert (session.state, session.finalized) == (State.FAILED, True)
    _, bot = rasa_server
    with bot.in_hand.turn("jo@example.com"):
        assert not await store.requests.take_up(session.id)
    assert await sim.conversations(connector.app_id) == [], "nothing opens later"


async def test_the_user_hears_of_a_failure_once(sim, connector, rasa_server):
    """The worker waits for the lock, which the waiting message holds: the action comes first."""
    await sim.add_fault("status", status=403, path="*/passControl")
    runtime, bot = rasa_server
    async with bot.lock("jo@example.com"):
        with bot.in_hand.turn("jo@example.com"):
            messages, *_ = await run(ActionHumanHandoff(), tracker())
    assert [each["text"] for each in messages] == [default_response(FAILED)]
    [session] = await runtime.store.sessions.recent()
    assert session.end_notified

    async def is_released():
        return await lease_owner(runtime.store, session.id) is None

    await until(is_released)
    assert not await runtime.store.pending.has("jo@example.com", "rest")


async def test_the_server_tells_of_a_failure_whose_action_has_died(sim, connector, rasa_server):
    await sim.add_fault("status", status=403, path="*/passControl")
    runtime, bot = rasa_server
    async with bot.lock("jo@example.com"):
        with bot.in_hand.turn("jo@example.com"):
            action = asyncio.create_task(run(ActionHumanHandoff(), tracker()))

            async def is_opening():
                recent = await runtime.store.sessions.recent()
                return any(each.state is not State.REQUESTED for each in recent)

            await until(is_opening)
            action.cancel()
            await asyncio.gather(action, return_exceptions=True)
    await until(partial(runtime.store.pending.has, "jo@example.com", "rest"))
    [message] = await runtime.store.pending.claim("jo@example.com", "rest")
    assert message.body["text"] == default_response(FAILED)


async def test_an_action_that_is_cancelled_leaves_no_promise(connector, url):
    """As when the Rasa server dies: the connection to the action server is closed."""
    action = asyncio.create_task(run(ActionHumanHandoff(), tracker()))
    store = (await open_resources()).store

    async def is_requested():
        return await store.sessions.current("jo@example.com") is not None

    await until(is_requested)
    action.cancel()
    await asyncio.gather(action, return_exceptions=True)
    session = await store.sessions.current("jo@example.com")
    assert (session.state, session.end_notified) == (State.REQUESTED, False)


async def test_an_end_during_the_opening_is_left_to_the_rasa_server(connector):
    action = asyncio.create_task(run(ActionHumanHandoff(), tracker()))
    store = (await open_resources()).store

    async def is_ended():
        session = await store.sessions.current("jo@example.com")
        return session and await store.sessions.end_by_us(session.id, EndReason.OPERATOR)

    await until(is_ended)
    assert await action == ([], {}, False)


async def test_the_domains_own_response_is_used(connector, turn):
    emptied = [{"text": "", "channel": "slack"}]
    domain = {"responses": {STARTED: [{"text": "one moment"}], HOW_TO_LEAVE: emptied}}
    messages, _, _ = await run(ActionHumanHandoff(), tracker(), domain)
    assert [each["response"] for each in messages] == [STARTED]


@pytest.mark.parametrize(
    ("workspace", "states"),
    [("default", [State.FAILED]), ("a tenant without a connector", [])],
)
async def test_a_handover_that_fails_leaves_the_bot_active(sim, connector, turn, workspace, states):
    await sim.add_fault("status", status=403, path="*/passControl")
    messages, slots, paused = await run(ActionHumanHandoff(), tracker(workspace=workspace))
    assert [each["text"] for each in messages] == [default_response(FAILED)]
    assert slots["handoff_status"] == "failed"
    assert not paused
    sessions = await (await open_resources()).store.sessions.recent()
    assert [each.state for each in sessions] == states


async def test_only_slots_of_the_domain_are_set(connector, turn):
    found = tracker()
    found.slots = {"handoff_status": None}
    _, slots, _ = await run(ActionHumanHandoff(), found)
    assert slots == {"handoff_status": "waiting"}


async def test_the_end_is_requested_by_the_bot(connector, turn):
    await run(ActionHumanHandoff(), tracker())
    assert await run(ActionEndHandoff(), tracker()) == ([], {}, False)
    store = (await open_resources()).store
    session = await store.sessions.current("jo@example.com")
    assert (session.state, session.end_reason) == (State.ENDED, EndReason.BOT.value)
    assert [each.body["type"] for each in await store.outbox.waiting(session.id)] == [
        "closing_note"
    ]


async def test_an_end_without_a_session_does_nothing(connector):
    assert await run(ActionEndHandoff(), tracker()) == ([], {}, False)


async def test_resources_are_opened_once_and_again_after_a_failure(
    connector, monkeypatch, tmp_path
):
    with monkeypatch.context() as patched:
        patched.setenv(CREDENTIALS, str(tmp_path / "absent.yml"))
        with pytest.raises(SettingsError):
            await open_resources()
    first = await open_resources()
    assert await open_resources() is first


async def test_a_german_bots_users_hear_german_and_english_agents_read_english(
    sim, connector, turn
):
    """The Rasa server has recorded the model's language; the user's own is not known."""
    found = tracker()
    found.events[0]["metadata"] = {LANGUAGE_KEY: "de"}
    # The importer has put the words of an English bot into the domain; they are not its designer's.
    messages, *_ = await run(ActionHumanHandoff(), found, {"responses": responses_in("en")})
    assert [each["text"] for each in messages] == [
        default_response(STARTED, "de"),
        default_response(HOW_TO_LEAVE, "de", end_phrase="Chat beenden"),
    ]
    [conversation] = await sim.conversations(connector.app_id)
    summary = (await sim.messages(conversation["id"]))[0]["content"]["text"]
    assert summary.startswith("Why: The user asked for a human.")


async def test_the_summary_is_labelled_in_the_agents_language(sim, connector, turn, change):
    change(agent_language="fr")
    _, slots, _ = await run(ActionHumanHandoff(), tracker(locale="de"))
    assert slots["handoff_reason"] == "A demandé à parler à une personne."
    [conversation] = await sim.conversations(connector.app_id)
    summary = (await sim.messages(conversation["id"]))[0]["content"]["text"]
    assert summary.startswith("Raison : A demandé à parler à une personne.")


async def test_the_user_hears_how_long_it_takes_where_the_store_can_tell(connector, turn, change):
    store = (await open_resources()).store
    for number in range(LEAST):
        session = await begin(store, f"user-{number}")
        await store.sessions.connect(session.id)
        await store.sessions.record_agent(session.id, agent_id="a", agent_name="Ana")
        await store.sessions.end(session.id, EndReason.AGENT)
    messages, *_ = await run(ActionHumanHandoff(), tracker(locale="fr"))
    wait = default_response(QUEUE, "fr", wait="environ une minute")
    assert [each["text"] for each in messages][:2] == [default_response(STARTED, "fr"), wait]
