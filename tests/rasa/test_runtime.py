"""What runs beside the messages goes on, whatever happens to it once."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from functools import partial
from types import SimpleNamespace

import pytest
import structlog

from tests.support.store import request_session
from tests.support.waiting import until
from zendesk_handoff.domain.responses import DELAYED
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa import runtime as runtime_module
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import read_settings
from zendesk_handoff.store.engine.signals import ANYTHING, Signals, SqliteWatch

WORDS = "what a user wrote"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def make_runtime(store, monkeypatch):
    monkeypatch.setattr(runtime_module, "_LOOK_ROUND", 0.02)
    settings = read_settings(
        {
            "public_url": "http://127.0.0.1:5005",
            "store_url": "sqlite:///unused.db",
            "timeouts": {"undelivered": 0.05},
            "connectors": {
                "support": {
                    "integration_type": "zendesk",
                    "name": "Support",
                    "subdomain": "example",
                    "app_id": "64b0c0ffee0000000000a001",
                    "key_id": "app_64b0c0ffee0000000000b001",
                    "key_secret": "a-key-secret-that-is-long-enough-for-this",
                    "webhook_secret": "a-webhook-secret-that-is-long-enough",
                    "workspaces": ["default"],
                    "base_url": "http://127.0.0.1:9",
                }
            },
        }
    )
    app = SimpleNamespace(ctx=SimpleNamespace(agent=None, input_channels=[]))
    return lambda: Runtime(store, settings, Bot(app))


async def test_a_user_whose_connector_has_been_taken_out_hears_that_nothing_arrives(
    store, make_runtime
):
    session = await request_session(store, connector="taken-out")
    await store.sessions.connect(session.id)
    await store.sessions.mark_start_notified(session.id)
    await store.leases.release_all()
    await store.outbox.add(session.id, [{"type": "text", "text": WORDS}])
    running = make_runtime()
    with structlog.testing.capture_logs() as logs:
        running.start()
        try:
            await until(partial(store.inbox.waiting, session.id))
        finally:
            await running.stop()
    (notice,) = await store.inbox.waiting(session.id)
    assert notice.body == {"response": DELAYED}
    assert await store.outbox.waiting(session.id), "for when it is put back"
    missing = [each for each in logs if each["event"] == "handoff.connector.missing"]
    assert missing and missing[0]["session"] == session.id
    assert WORDS not in str(logs)


@pytest.mark.parametrize("error", [KeyError(WORDS), StoreUnavailable("gone"), sqlite3.Error(WORDS)])
@pytest.mark.parametrize("name", ["with_work", "inactive", "claim_for_reconciliation"])
async def test_an_error_of_any_kind_ends_no_look_round(
    store, make_runtime, monkeypatch, name, error
):
    calls = 0
    enough = asyncio.Event()

    async def fails(*_arguments, **_values):
        nonlocal calls
        calls += 1
        if calls == 3:
            enough.set()
        raise error

    monkeypatch.setattr(store.leases, name, fails)
    with structlog.testing.capture_logs() as logs:
        running = make_runtime()
        running.start()
        try:
            await asyncio.wait_for(enough.wait(), 5)
        finally:
            await running.stop()
    assert [
        each
        for each in logs
        if each["event"] in {"handoff.task.broken", "handoff.store.unavailable"}
    ]
    assert WORDS not in str(logs)


async def test_zendesk_is_asked_only_about_sessions_whose_connector_is_here(store):
    """Whoever takes one it cannot ask about would keep it from a server that can."""
    for sender, connector in (("one", "support"), ("two", "elsewhere")):
        session = await request_session(store, sender, connector=connector)
        await store.sessions.connect(session.id)
    later = time.time() + 60
    (taken,) = await store.leases.claim_for_reconciliation({"support"}, before=later, limit=8)
    assert (await store.sessions.get(taken)).connector_id == "support"
    assert await store.leases.claim_for_reconciliation(set(), before=later, limit=8) == []


async def test_nor_does_it_end_the_renewal_of_claims(store, make_runtime, monkeypatch):
    running, renewed = make_runtime(), asyncio.Event()
    store.leases.lease = 0.06
    answers = iter([KeyError(WORDS), StoreUnavailable("gone")])

    async def renew():
        error = next(answers, None)
        if error:
            raise error
        renewed.set()
        return set()

    monkeypatch.setattr(store.leases, "renew", renew)
    running._leases._until["a session"] = float("inf")
    running.start()
    try:
        await asyncio.wait_for(renewed.wait(), 5)
    finally:
        await running.stop()


async def test_a_database_that_is_being_mended_does_not_end_the_watch(monkeypatch):
    monkeypatch.setattr(SqliteWatch, "INTERVAL", 0.01)
    answers, heard = iter([1, None, 1, 2]), asyncio.Event()

    def version():
        answer = next(answers, 2)
        if answer is None:
            raise sqlite3.OperationalError("database is locked")
        return answer

    signals = Signals()
    signals.on_any(lambda topic: heard.set() if topic == ANYTHING else None)
    watch = SqliteWatch(signals, version)
    await watch.start()
    try:
        await asyncio.wait_for(heard.wait(), 5)
    finally:
        await watch.stop()
