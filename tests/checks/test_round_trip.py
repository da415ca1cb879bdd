"""The round trip where it fails: it says why, and leaves nothing behind at Zendesk."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.zendesk import account, connector
from zendesk_handoff.checks import Outcome
from zendesk_handoff.checks.round_trip import check_round_trip
from zendesk_handoff.settings import Settings
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.inspect import inspect_sqlite
from zendesk_handoff.store.engine.read_only import sqlite_file

URL = "https://bot.example.com"
#: Seconds; nobody hears of any event here.
SOON = 0.2


@pytest.fixture
async def store_url(tmp_path):
    url = f"sqlite:///{tmp_path / 'handoff.db'}"
    async with await open_store(url):
        pass
    return url


@pytest.fixture
def run(store_url):
    async def run(made, *, wait=SOON):
        settings = Settings(public_url=URL, connectors={made.id: made}, store_url=store_url)
        return await check_round_trip(settings, inspect_sqlite(sqlite_file(store_url)), wait=wait)

    return run


async def left_behind(sim, store_url):
    """What is at Zendesk and in the store after a check: conversations, users, rows."""
    created = [each for each in await sim.requests(method="POST", path="/users")]
    deleted = [each for each in await sim.requests(method="DELETE") if each["status"] == 200]
    async with await open_store(store_url) as store:
        rows = await store.database.read(
            lambda connection: connection.exec_driver_sql("SELECT count(*) FROM probes").scalar()
        )
    return await sim.conversations(), len(created) - len(deleted), rows


NOTHING = ([], 0, 0)


@pytest.mark.parametrize("inside", [False, True])
async def test_an_event_that_does_not_come(sim, run, store_url, inside):
    [finding] = await run(await account(sim, inside=inside))
    assert finding.outcome is Outcome.ERROR
    assert f"{URL}/api/v1/connectors/support/webhook" in finding.cure
    posted = await sim.requests(method="POST", path="/messages")
    assert [each["status"] for each in posted] == [201]
    assert await left_behind(sim, store_url) == NOTHING


async def test_no_ticket_is_opened_and_no_agent_is_given_control(sim, run):
    await run(await account(sim, inside=True))
    passed = await sim.requests(method="POST", path="/passControl")
    assert [each["body"]["switchboardIntegration"] for each in passed] == ["rasa"]
    assert not [each for each in await sim.conversations() if each["ticket"]]


@pytest.mark.parametrize("path", ["/users", "/conversations", "/conversations/*/messages"])
async def test_a_call_that_is_refused(sim, run, store_url, path):
    await sim.add_fault("status", status=403, method="POST", path=path)
    [finding] = await run(await account(sim))
    assert (finding.outcome, finding.check) == (Outcome.ERROR, "round trip (support)")
    assert "403" in finding.cause
    conversations, _, rows = await left_behind(sim, store_url)
    assert (conversations, rows) == ([], 0)


async def test_ctrl_c_while_the_event_is_awaited(sim, run, store_url):
    made = await account(sim)
    task = asyncio.create_task(run(made, wait=60))
    await sim.wait_for_request(method="POST", path="/messages")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await left_behind(sim, store_url) == NOTHING


async def test_a_user_that_cannot_be_deleted_is_named(sim, run):
    await sim.add_fault("status", status=403, method="DELETE")
    _, finding = await run(await account(sim))
    assert finding.outcome is Outcome.ERROR
    assert "zendesk-handoff-check-" in finding.cause


async def test_an_unknown_key_makes_nothing(sim, run, store_url):
    [finding] = await run(connector(base_url=sim.base_url))
    assert "401" in finding.cause
    assert (await left_behind(sim, store_url))[0] == []


async def test_without_a_store_of_this_version_nothing_is_begun(sim):
    made = await account(sim)
    settings = Settings(public_url=URL, connectors={made.id: made})
    [finding] = await check_round_trip(settings, None)
    assert finding.outcome is Outcome.SKIPPED
    assert await sim.requests(method="POST") == []
