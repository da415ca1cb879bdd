"""The runtime's repeated tasks: none ends with an error."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import structlog
from rasa.core.lock_store import InMemoryLockStore

from tests.support.store import request_session
from tests.support.waiting import until
from zendesk_handoff.domain.responses import DELAYED, default_response
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import read_settings
from zendesk_handoff.settings.model import Retention
from zendesk_handoff.store.daily_users import read_daily_users
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.engine.signals import ANYTHING, Signals, SqliteWatch

TEXT = "what a user wrote"
#: The tasks by the method of the store's work that each of them calls.
TASKS = {
    "find": "poll",
    "claim_for_reconciliation": "reconcile",
}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture
def make_runtime(store):
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
    agent = SimpleNamespace(lock_store=InMemoryLockStore(), processor=None)
    app = SimpleNamespace(ctx=SimpleNamespace(agent=agent, input_channels=[]))

    def make(**changed):
        chosen = replace(settings, **changed)
        return Runtime(store, chosen, Bot(app, InHand(store.signals)), poll_every=0.02)

    return make


@pytest.mark.parametrize("days", [None, 30.0])
async def test_a_running_server_deletes_what_retention_names(
    store, make_runtime, monkeypatch, days
):
    purge, purged = store.maintenance.purge_delivered, asyncio.Event()

    async def purge_and_tell(**values):
        found = await purge(**values)
        purged.set()
        return found

    monkeypatch.setattr(store.maintenance, "purge_delivered", purge_and_tell)
    ended = {}
    for sender, age in (("old", 31 * 24 * 3600.0), ("young", 29 * 24 * 3600.0)):
        session = await request_session(store, sender, connected=True)
        await store.sessions.end(session.id, EndReason.AGENT)
        await store.sessions.mark_end_notified(session.id)
        await store.sessions.finalize(session.id)
        at = time.time() - age
        change = sa.update(sessions).where(sessions.c.id == session.id).values(ended_at=at)
        await store.database.write(lambda connection, sql=change: connection.execute(sql).rowcount)
        ended[sender] = session.id
    running = make_runtime(retention=Retention(days=days))
    with structlog.testing.capture_logs() as logs:
        running.start()
        try:
            await asyncio.wait_for(purged.wait(), 5)
        finally:
            await running.stop()
    left = {sender for sender, each in ended.items() if await store.sessions.get(each)}
    assert left == ({"young"} if days else {"old", "young"})
    said = [each["sessions"] for each in logs if each["event"] == "handoff.store.purged"]
    assert said == ([1] if days else [])


async def test_a_user_is_notified_of_overdue_messages_to_a_connector_that_was_removed(
    store, make_runtime
):
    session = await request_session(store, connector="removed")
    await store.sessions.connect(session.id)
    await store.sessions.mark_start_notified(session.id)
    await store.leases.release_all()
    await store.outbox.add(session.id, [{"type": "text", "text": TEXT}])
    running = make_runtime()
    with structlog.testing.capture_logs() as logs:
        running.start()
        try:
            await until(partial(store.pending.has, session.sender_id, "rest"))
        finally:
            await running.stop()
    (notice,) = await store.pending.claim(session.sender_id, "rest")
    assert notice.body["text"] == default_response(DELAYED)
    assert await store.outbox.waiting(session.id), "it is sent if the connector returns"
    missing = [each for each in logs if each["event"] == "handoff.connector.missing"]
    assert missing and missing[0]["session"] == session.id
    assert TEXT not in str(logs)


@pytest.mark.parametrize("error", [KeyError(TEXT), StoreUnavailable("gone"), sqlite3.Error(TEXT)])
@pytest.mark.parametrize("name", TASKS)
async def test_no_error_ends_a_repeated_task(store, make_runtime, monkeypatch, name, error):
    calls = 0
    repeated = asyncio.Event()

    async def fails(*_arguments, **_values):
        nonlocal calls
        calls += 1
        if calls == 3:
            repeated.set()
        raise error

    monkeypatch.setattr(store.work, name, fails)
    with structlog.testing.capture_logs() as logs:
        running = make_runtime()
        running.start()
        try:
            await asyncio.wait_for(repeated.wait(), 5)
        finally:
            await running.stop()
    if isinstance(error, StoreUnavailable):
        assert "handoff.store.unavailable" in [each["event"] for each in logs]
    else:
        [line, *_] = [each for each in logs if each["event"] == "handoff.task.broken"]
        assert line["task"] == TASKS[name]
        assert line["error"] == type(error).__name__
        assert "test_runtime.py:" in line["location"]
    assert TEXT not in str(logs)


async def test_only_sessions_of_configured_connectors_are_reconciled(store):
    """Otherwise another server, which has the connector, could not reconcile them."""
    for sender, connector in (("one", "support"), ("two", "elsewhere")):
        session = await request_session(store, sender, connector=connector)
        await store.sessions.connect(session.id)
    later = time.time() + 60
    (claimed,) = await store.work.claim_for_reconciliation({"support"}, before=later, limit=8)
    assert (await store.sessions.get(claimed)).connector_id == "support"
    assert await store.work.claim_for_reconciliation(set(), before=later, limit=8) == []


async def test_no_error_ends_the_renewal_of_leases(store, make_runtime, monkeypatch):
    # The session's start is to be notified, for which the runtime needs a lease.
    session = await request_session(store)
    await store.sessions.connect(session.id)
    running, renewed = make_runtime(), asyncio.Event()
    store.leases.lease = 0.06
    errors = iter([KeyError(TEXT), StoreUnavailable("gone")])

    async def renew():
        error = next(errors, None)
        if error:
            raise error
        renewed.set()
        return set()

    monkeypatch.setattr(store.leases, "renew", renew)
    running.start()
    try:
        await asyncio.wait_for(renewed.wait(), 5)
    finally:
        await running.stop()


async def test_a_locked_database_does_not_end_the_watch(monkeypatch):
    monkeypatch.setattr(SqliteWatch, "INTERVAL", 0.01)
    versions, signalled = iter([1, None, 1, 2]), asyncio.Event()

    def version():
        found = next(versions, 2)
        if found is None:
            raise sqlite3.OperationalError("database is locked")
        return found

    signals = Signals()
    signals.on_any(lambda topic: signalled.set() if topic == ANYTHING else None)
    watch = SqliteWatch(signals, version)
    await watch.start()
    try:
        await asyncio.wait_for(signalled.wait(), 5)
    finally:
        await watch.stop()


async def test_the_count_of_users_is_recorded_at_the_stop(store, make_runtime):
    runtime = make_runtime()
    runtime.start()
    runtime.user_counter.saw("webchat", "mara")
    await runtime.stop()
    now = time.time()
    found = await store.database.read(
        lambda connection: read_daily_users(connection, since=now, until=now)
    )
    assert [(each.channel, each.users) for each in found.channels] == [("webchat", 1)]
