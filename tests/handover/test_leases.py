"""Leases of a process: one that is lost stays lost, and unfinished work keeps its lease."""

from __future__ import annotations

from tests.support.waiting import until
from tests.support.zendesk import begin
from zendesk_handoff.domain.session import EndReason, Step
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.store import open_store
from zendesk_handoff.store.leases import LeaseResult


async def test_a_lease_that_was_taken_over_is_not_renewed(url):
    async with await open_store(url, lease=0.3) as store, await open_store(url) as other:
        session = await begin(store)
        mine = ProcessLeases(store)
        assert await mine.acquire(session.id)

        async def is_taken_over():
            return await other.leases.acquire(session.id) is LeaseResult.TAKEN_OVER

        await until(is_taken_over)
        await mine.renew()
        assert not await mine.acquire(session.id)
        assert session.id in await other.leases.renew()


async def test_a_session_is_released_when_both_directions_are_done(store):
    session = await begin(store)
    mine = ProcessLeases(store)
    assert await mine.acquire(session.id)
    await store.outbox.add(session.id, [{"type": "text", "text": "thanks, bye"}])
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(session.id)
    assert not await store.leases.release_if_done(session.id), "a message is on its way"
    (message,) = await store.outbox.waiting(session.id)
    await store.outbox.finish(message)
    assert await store.leases.release_if_done(session.id)


async def test_a_failure_with_a_conversation_is_reported_to_the_agents(store):
    session = await begin(store)
    await store.sessions.finish_step(session.id, Step.CONVERSATION, conversation_id="c1")
    await store.outbox.add(session.id, [{"type": "text", "text": "for the bot now"}])
    await store.sessions.fail(session.id)
    assert await store.requests.claim_failure(session.id)
    failed = await store.sessions.get(session.id)
    assert failed.end_notified
    assert not failed.finalized, "messages that were written meanwhile are to be answered"
    kinds = [each.body["type"] for each in await store.outbox.waiting(session.id)]
    assert kinds == ["text", "closing_note"]
    assert session.id in await store.leases.with_work()


async def test_a_failure_without_a_conversation_leaves_no_work(store):
    session = await begin(store)
    assert not (await store.sessions.fail(session.id)).end_notified
    assert session.id in await store.leases.with_work()
    assert await store.requests.claim_failure(session.id)
    assert not await store.requests.claim_failure(session.id), "one process notifies the user"
    failed = await store.sessions.get(session.id)
    assert failed.finalized
    assert await store.outbox.waiting(session.id) == []
    assert session.id not in await store.leases.with_work()
