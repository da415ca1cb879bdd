"""The custom actions against the simulator and a store."""

from __future__ import annotations

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from tests.support.zendesk import account
from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff
from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.domain.responses import FAILED, STARTED, default_response
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import SettingsError
from zendesk_handoff.store import open_store
from zendesk_handoff.store.leases import LeaseResult

CREDENTIALS = "ZENDESK_HANDOFF_CREDENTIALS"
SLOTS = {"handoff_status": None, "handoff_reason": None, "handoff_end_reason": None}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def connector(sim, url, tmp_path, monkeypatch):
    """An account, and the credentials for it, as an action server finds them."""
    made = await account(sim)
    block = {
        "public_url": "https://bot.example.com",
        "store_url": url,
        "open_timeout": 5,
        "connectors": {
            "support": {
                "subdomain": made.subdomain,
                "app_id": made.app_id,
                "key_id": made.key_id,
                "key_secret": made.key_secret,
                "webhook_secret": "a webhook secret of more than 32 bytes",
                "base_url": made.base_url,
            }
        },
    }
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump({"channels.ZendeskInput": block}))
    monkeypatch.setenv(CREDENTIALS, str(file))
    yield made
    await (await open_resources()).store.close()


def tracker(**slots):
    events = [{"event": "user", "text": "a human please", "parse_data": {}}]
    latest = {"metadata": {}, "text": "a human please"}
    values = {**SLOTS, **slots}
    return Tracker("jo@example.com", values, latest, events, False, None, {}, "action_listen")


async def run(action, found, domain=None):
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, found, domain or {})
    slots = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
    paused = any(each["event"] == "pause" for each in events)
    return dispatcher.messages, slots, paused


async def test_a_handover_pauses_the_conversation_once_the_agents_have_control(sim, connector):
    messages, slots, paused = await run(ActionHumanHandoff(), tracker(handoff_reason="frustrated"))
    assert [each["text"] for each in messages] == [default_response(STARTED)]
    assert slots == {
        "handoff_status": "waiting",
        "handoff_reason": "frustrated",
        "handoff_end_reason": None,
    }
    assert paused
    [conversation] = await sim.conversations(connector.app_id)
    assert conversation["control"]["active"] == "zd-agentWorkspace"


async def test_its_lease_is_released_for_the_rasa_server(connector, url):
    await run(ActionHumanHandoff(), tracker())
    async with await open_store(url) as rasa_server:
        session = await rasa_server.sessions.current("jo@example.com")
        assert session.state is State.WAITING
        assert await rasa_server.leases.acquire(session.id) is LeaseResult.GRANTED


async def test_the_domains_own_response_is_used(connector):
    domain = {"responses": {STARTED: [{"text": "one moment"}]}}
    messages, _, _ = await run(ActionHumanHandoff(), tracker(), domain)
    assert [each["response"] for each in messages] == [STARTED]


@pytest.mark.parametrize(
    ("workspace", "states"),
    [("default", [State.FAILED]), ("a tenant without a connector", [])],
)
async def test_a_handover_that_fails_leaves_the_bot_active(sim, connector, workspace, states):
    await sim.add_fault("status", status=403, path="*/passControl")
    messages, slots, paused = await run(ActionHumanHandoff(), tracker(workspace=workspace))
    assert [each["text"] for each in messages] == [default_response(FAILED)]
    assert slots["handoff_status"] == "failed"
    assert not paused
    sessions = await (await open_resources()).store.sessions.recent()
    assert [each.state for each in sessions] == states


async def test_only_slots_of_the_domain_are_set(connector):
    found = tracker()
    found.slots = {"handoff_status": None}
    _, slots, _ = await run(ActionHumanHandoff(), found)
    assert slots == {"handoff_status": "waiting"}


async def test_the_end_is_requested_by_the_bot(connector):
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
