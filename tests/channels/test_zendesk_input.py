"""The webhook's handler: what it stores, counts and logs of a call."""

from __future__ import annotations

from types import SimpleNamespace

import aiohttp
import pytest
import structlog

from tests.support.sanic_app import make_app, serving
from tests.support.store import request_session
from tests.support.webhook_events import CONVERSATION_ID, envelope, event, message
from zendesk_handoff import metrics
from zendesk_handoff.channels.zendesk_input import ZendeskInput
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.handover.silence import WebhookSilence
from zendesk_handoff.rasa.agent_signs import AgentSigns
from zendesk_handoff.rasa.native_runtime import NativeRuntime

SECRET = "a-webhook-secret-that-is-long-enough"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def post(store, url, monkeypatch):
    """A server with the handler; call this to post a body with the connector's key."""
    channel = ZendeskInput.from_credentials(
        {
            "public_url": "http://127.0.0.1:5005",
            "store_url": url,
            "connectors": {
                "support": {
                    "subdomain": "example",
                    "app_id": "64b0c0ffee0000000000a001",
                    "key_id": "app_64b0c0ffee0000000000b001",
                    "key_secret": "a-key-secret-that-is-long-enough-for-this",
                    "webhook_secret": SECRET,
                }
            },
        }
    )
    silence = WebhookSilence(store, channel.settings)
    signs = AgentSigns(store, None)
    native = NativeRuntime(store, channel.settings, None, None, Quotas(channel.settings.limits))
    runtime = SimpleNamespace(store=store, silence=silence, signs=signs, native=native)
    app = make_app(monkeypatch, runtime)
    app.add_route(channel.receive, "/<connector_id:str>", methods=["POST"])
    async with serving(app) as address, aiohttp.ClientSession() as http:

        async def post(body):
            headers = {"X-API-Key": SECRET}
            async with http.post(f"{address}/support", data=body, headers=headers) as answer:
                return answer.status

        post.silence = silence
        yield post


def counted(outcome):
    return metrics.WEBHOOK_CALLS.labels("support", outcome)._value.get()


async def test_only_events_of_our_sessions_are_stored(post, store):
    session = await request_session(store)
    ours = {"metadata": {"rasa_handoff_session": session.id}}
    other = {"id": f"{CONVERSATION_ID}2"}
    body = envelope(
        event("conversation:message", conversation=ours, message=message()),
        event("conversation:message", conversation=other, message=message(id="m2")) | {"id": "e2"},
    )
    before = counted("stored")
    assert await post(body) == 200
    [stored] = await store.inbox.waiting(session.id)
    assert stored.body["id"] == "m1"
    assert await post(body) == 200, "a repeated call stores nothing twice"
    assert len(await store.inbox.waiting(session.id)) == 1
    assert counted("stored") == before + 2


async def test_echoes_and_other_peoples_events_are_ignored(post, store):
    session = await request_session(store, conversation=CONVERSATION_ID)
    marker = {"rasa_handoff_message": "abc"}
    other = {"id": f"{CONVERSATION_ID}2"}
    before = counted("ignored")
    for each in (
        event("conversation:message", message=message("user")),
        event("conversation:message", message=message(metadata=marker)),
        event("conversation:message", conversation=other, message=message()),
        event("switchboard:releaseControl", conversation=other),
        event("conversation:typing"),
    ):
        assert await post(envelope(each)) == 200
    assert await store.inbox.waiting(session.id) == []
    assert counted("ignored") == before + 5


async def test_only_our_dead_letters_are_logged(post, store):
    session = await request_session(store, conversation=CONVERSATION_ID)
    other = {"id": f"{CONVERSATION_ID}2"}
    unreadable = {"id": ["what was written"]}
    with structlog.testing.capture_logs() as logs:
        await post(envelope(event("conversation:message", message=unreadable, conversation=other)))
        assert logs == []
        await post(envelope(event("conversation:message", message=unreadable)))
    [logged] = logs
    assert logged["event"] == "handoff.webhook.unreadable"
    assert (logged["connector"], logged["session"]) == ("support", session.id)
    assert "written" not in str(logs)


async def test_a_call_with_the_right_key_counts_as_heard(store, post):
    """Also of another's conversation: the webhook works."""
    session = await request_session(store, conversation=CONVERSATION_ID, connected=True)
    [status] = await store.reports.statuses()
    assert status.unheard_since is not None
    other = event("conversation:message", conversation={"id": "other"}, message=message())
    assert await post(envelope(other)) == 200
    await post.silence.look()
    [status] = await store.reports.statuses()
    assert status.session.id == session.id and status.unheard_since is None


async def test_a_store_that_is_closed_answers_503(post, store):
    await store.close()
    assert await post(envelope(event("conversation:remove"))) == 503
