"""Requests for a session, on both databases: taken up or withdrawn, and never both."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.support.store import lease_owner
from zendesk_handoff.domain.session import State
from zendesk_handoff.errors import LeaseLost
from zendesk_handoff.store import open_store

#: Past the time for taking up, and past the grace period of the action as well.
LONG_AGO = -100.0


async def request(store, sender="user", *, take_up_within=5.0):
    return await store.sessions.request(
        sender,
        "support",
        workspace="default",
        channel="rest",
        reason="",
        summary="",
        profile={},
        take_up_within=take_up_within,
    )


async def state(store, session):
    return (await store.sessions.get(session.id)).state


async def test_a_request_has_no_lease_and_is_work_for_every_process(store):
    session = await request(store)
    assert await lease_owner(store, session.id) is None
    assert session.id in await store.work.find(now=-1)


async def test_a_request_is_taken_up_once(store):
    session = await request(store)
    assert await store.requests.take_up(session.id)
    assert await state(store, session) is State.OPENING
    assert not await store.requests.take_up(session.id)
    assert not await store.requests.withdraw(session.id), "its opening goes on"
    assert await state(store, session) is State.OPENING


async def test_a_request_that_was_withdrawn_is_never_taken_up(store):
    session = await request(store)
    assert await store.requests.withdraw(session.id)
    assert not await store.requests.take_up(session.id)
    withdrawn = await store.sessions.get(session.id)
    assert (withdrawn.state, withdrawn.end_notified) == (State.FAILED, True)
    assert withdrawn.finalized
    assert session.id not in await store.work.find(now=-1)
    assert not await store.requests.withdraw(session.id)


async def test_messages_for_the_bot_keep_a_withdrawn_request_unfinished(store):
    session = await request(store)
    await store.outbox.add(session.id, [{"type": "text", "text": "hello?"}])
    assert await store.requests.withdraw(session.id)
    assert not (await store.sessions.get(session.id)).finalized


async def test_an_old_request_is_not_taken_up(store):
    session = await request(store, take_up_within=LONG_AGO)
    assert not await store.requests.take_up(session.id)
    assert await state(store, session) is State.REQUESTED


async def test_a_request_is_left_to_its_action_before_it_expires(store):
    young, late, old = [
        await request(store, f"user {seconds}", take_up_within=seconds)
        for seconds in (60.0, -1.0, LONG_AGO)
    ]
    for session in (young, late):
        assert not await store.requests.expire(session.id)
        assert await state(store, session) is State.REQUESTED
    assert await store.requests.expire(old.id)
    expired = await store.sessions.get(old.id)
    assert (expired.state, expired.end_notified) == (State.FAILED, False)
    assert old.id in await store.work.find(now=-1), "the user is to be notified"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)  # SQLite serves one machine
async def test_a_machine_whose_clock_differs_decides_alike(store, monkeypatch):
    session = await request(store)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert not await store.requests.expire(session.id)
    assert await store.requests.take_up(session.id)


async def test_a_process_without_the_lease_does_not_take_up(url, store):
    session = await request(store)
    async with await open_store(url) as other:
        await other.leases.acquire(session.id)
        with pytest.raises(LeaseLost):
            await store.requests.take_up(session.id)
        assert await other.requests.take_up(session.id)


async def test_either_the_action_or_a_server_has_a_request(url, store):
    async with await open_store(url) as action:
        outcomes = []
        for number in range(20):
            session = await request(store, f"user {number}")
            calls = [store.requests.take_up(session.id), action.requests.withdraw(session.id)]
            taken, withdrawn = await asyncio.gather(*(calls if number % 2 else reversed(calls)))
            assert taken != withdrawn
            outcomes.append(await state(store, session))
        assert set(outcomes) <= {State.OPENING, State.FAILED}


async def test_one_process_notifies_the_user_of_a_failure(url, store):
    async with await open_store(url) as action:
        session = await request(store)
        assert not await action.requests.claim_outcome(session.id), "it has not failed"
        await store.sessions.fail(session.id)
        claims = [each.requests.claim_outcome(session.id) for each in (store, action)]
        assert sorted(await asyncio.gather(*claims)) == [False, True]
        assert (await store.sessions.get(session.id)).finalized


async def receive_signals(url, store):
    """Wait for the signals of earlier commits: PostgreSQL sends them in the order of commits."""
    if url.startswith("postgresql"):
        received = set()
        store.signals.on_any(received.add)
        async with await open_store(url) as other:
            while "last" not in received:
                await other.database.write(lambda _connection: None, wake=["last"])
                await asyncio.sleep(0.05)


async def test_only_a_change_wakes_the_workers(url, store):
    session = await request(store, take_up_within=60)
    await receive_signals(url, store)
    with store.signals.watch(f"session:{session.id}") as changed:
        await store.requests.expire(session.id)
        await receive_signals(url, store)
        assert not changed.is_set()
        await store.requests.take_up(session.id)
        await asyncio.wait_for(changed.wait(), 5)
