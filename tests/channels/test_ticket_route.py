"""The route of tickets' events: what it answers, stores, counts and logs."""

from __future__ import annotations

import time
from types import SimpleNamespace

import aiohttp
import pytest
import structlog
from sanic import Blueprint

from tests.support.sanic_app import make_app, serving
from tests.support.store import request_session
from tests.support.ticket_triggers import signed, solved
from tests.support.workers import settings
from tests.support.zendesk import connector
from zendesk_handoff import metrics
from zendesk_handoff.channels.ticket_route import add_ticket_route
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.handover.quotas import Quotas
from zendesk_handoff.settings import LimitSettings

SECRET = "a signing secret of some length"
WRONG_KEYS = 4


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
async def post(store, monkeypatch):
    """A server with the route; call this to post a body, signed by default."""
    quotas = Quotas(LimitSettings(wrong_keys_per_address=WRONG_KEYS))
    app = make_app(monkeypatch, SimpleNamespace(store=store, quotas=quotas))
    blueprint = Blueprint("plugin")
    known = (connector(signing_secrets=(SECRET,)), connector(id="wholesale"))
    add_ticket_route(blueprint, settings(*known))
    app.blueprint(blueprint)
    async with serving(app) as address, aiohttp.ClientSession() as http:

        async def post(body, to="support", **headers):
            url = f"{address}/api/v1/connectors/{to}/ticket-events"
            given = headers or signed(body, SECRET, at=time.time())
            async with http.post(url, data=body, headers=given) as answer:
                return answer.status

        yield post


@pytest.fixture
async def session(store):
    return await request_session(store, connected=True)


def counted(outcome, connector_id="support"):
    return metrics.WEBHOOK_CALLS.labels(connector_id, outcome)._value.get()


async def test_the_end_of_a_named_session_is_stored_once(post, store, session):
    before = counted("stored")
    body = solved(session.reference)
    headers = signed(body, SECRET, at=time.time())
    with structlog.testing.capture_logs() as logs:
        assert [await post(body, **headers) for _ in range(2)] == [200, 200]
    [stored] = await store.inbox.waiting(session.id)
    assert (stored.kind, stored.body["reason"]) == ("end", "solved")
    assert counted("stored") == before + 2
    assert {line["session"] for line in logs} == {session.id}
    assert session.reference not in str(logs)


@pytest.mark.parametrize("reference", ["", "0" * 32, "\u202e<script>", {"a": 1}])
async def test_a_ticket_of_nobodys_is_ignored_in_silence(post, store, session, reference):
    before = counted("ignored")
    with structlog.testing.capture_logs() as logs:
        assert await post(solved(reference, tags="vip")) == 200
    assert await store.inbox.waiting(session.id) == []
    assert (counted("ignored"), logs) == (before + 1, [])


async def test_a_call_that_is_not_signed_is_refused_and_soon_limited(post, store, session):
    body = solved(session.reference)
    wrong = {"X-Zendesk-Webhook-Signature": "what was written"}
    signatures = [
        {"X-Other": "no signature"},
        wrong,
        {**signed(body, SECRET, at=time.time()), **wrong},
        signed(body, SECRET, at=time.time() - 3600),
        signed(body, "another secret", at=time.time()),
        signed(body + b" ", SECRET, at=time.time()),
    ]
    with structlog.testing.capture_logs() as logs:
        statuses = [await post(body, **headers) for headers in signatures]
    assert statuses == [401] * WRONG_KEYS + [429] * (len(signatures) - WRONG_KEYS)
    assert await store.inbox.waiting(session.id) == []
    assert {line["event"] for line in logs} <= {
        "handoff.webhook.invalid_key",
        "handoff.limit.reached",
    }
    assert "written" not in str(logs)
    # Whoever has the secret passes, whatever its address has sent before.
    assert await post(body) == 200


@pytest.mark.parametrize("to", ["nobody", "wholesale", "support%2f..", "%00"])
async def test_connectors_that_take_no_such_call(post, to):
    before = counted("unknown_connector", "")
    assert await post(solved("0" * 32), to=to) == 404
    assert counted("unknown_connector", "") == before + 1


async def test_what_is_no_event(post):
    assert [await post(body) for body in (b"", b"{", b'"solved"')] == [400] * 3
    assert await post(b"x" * (64 * 1024 + 1)) == 413


async def test_a_store_that_does_not_answer_is_a_503(post, store, session, monkeypatch):
    async def fail(*_arguments):
        raise StoreUnavailable("its address")

    monkeypatch.setattr(store.sessions, "by_reference", fail)
    assert await post(solved(session.reference)) == 503
