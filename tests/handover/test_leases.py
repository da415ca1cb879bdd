"""Leases of a process: one that is lost stays lost, and unfinished work keeps its lease."""

from __future__ import annotations

import asyncio
from functools import partial

from tests.support.store import lease_owner
from tests.support.waiting import until
from tests.support.zendesk import begin
from zendesk_handoff.domain.session import Step
from zendesk_handoff.store import open_store


async def test_a_lease_that_was_taken_over_is_not_renewed(url):
    async with await open_store(url, lease=0.3) as store, await open_store(url) as other:
        session = await begin(store)
        await until(partial(other.leases.acquire, session.id))
        assert other.leases.is_outcome_unknown(session.id)
        assert await store.leases.renew() == set()
        assert not await store.leases.acquire(session.id)
        assert await other.leases.renew() == {session.id}


async def test_a_lease_that_is_acquired_during_a_renewal_is_kept(store, monkeypatch):
    first, second = await begin(store), await begin(store, "somebody else")
    await store.leases.release(second.id)
    write, renewing, acquired = store.database.write, asyncio.Event(), asyncio.Event()

    async def slow(*arguments, **values):
        done = await write(*arguments, **values)
        renewing.set()
        await acquired.wait()
        return done

    monkeypatch.setattr(store.database, "write", slow)
    renewal = asyncio.create_task(store.leases.renew())
    await renewing.wait()
    monkeypatch.undo()
    assert await store.leases.acquire(second.id)
    acquired.set()
    assert await renewal == {first.id}
    assert store.leases.is_held(first.id) and store.leases.is_held(second.id)


async def test_a_session_is_released_unless_something_was_stored_meanwhile(store):
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "text", "text": "thanks, bye"}])
    await store.leases.release_done(session.id)
    assert store.leases.is_held(session.id)
    assert await lease_owner(store, session.id) == store.leases.owner
    (message,) = await store.outbox.waiting(session.id)
    await store.outbox.finish(message)
    store.leases.mark_unknown(session.id)  # by the process that died before this one
    await store.leases.release_done(session.id)
    assert not store.leases.is_held(session.id)
    assert await lease_owner(store, session.id) is None
    assert not store.leases.is_outcome_unknown(session.id)


async def test_a_failure_with_a_conversation_is_reported_to_the_agents(store):
    session = await begin(store)
    await store.sessions.finish_step(session.id, Step.CONVERSATION, conversation_id="c1")
    await store.outbox.add(session.id, [{"type": "text", "text": "for the bot now"}])
    await store.sessions.fail(session.id)
    assert await store.requests.claim_outcome(session.id)
    failed = await store.sessions.get(session.id)
    assert failed.end_notified
    assert not failed.finalized, "messages that were written meanwhile are to be answered"
    kinds = [each.body["type"] for each in await store.outbox.waiting(session.id)]
    assert kinds == ["text", "closing_note"]
    assert session.id in await store.work.find(now=-1)


async def test_a_failure_without_a_conversation_leaves_no_work(store):
    session = await begin(store)
    assert not (await store.sessions.fail(session.id)).end_notified
    assert session.id in await store.work.find(now=-1)
    assert await store.requests.claim_outcome(session.id)
    assert not await store.requests.claim_outcome(session.id), "one process notifies the user"
    failed = await store.sessions.get(session.id)
    assert failed.finalized
    assert await store.outbox.waiting(session.id) == []
    assert session.id not in await store.work.find(now=-1)
