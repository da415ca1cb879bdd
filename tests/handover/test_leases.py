"""Who works on a session: what was lost stays lost, and nothing is let go that is not done."""

from __future__ import annotations

from tests.support.store import expire_leases, request_session
from zendesk_handoff.domain.session import EndReason, Step
from zendesk_handoff.handover.leases import ProcessLeases
from zendesk_handoff.store import open_store
from zendesk_handoff.store.leases import LeaseResult


async def test_what_another_has_taken_over_is_not_kept(store, url):
    session = await request_session(store)
    async with await open_store(url) as other:
        mine = ProcessLeases(store)
        assert await mine.acquire(session.id)
        await expire_leases(store)
        assert await other.leases.acquire(session.id) is LeaseResult.TAKEN_OVER
        assert session.id not in await store.leases.renew()
        assert session.id in await other.leases.renew()


async def test_a_session_is_let_go_when_both_lanes_are_done(store):
    session = await request_session(store)
    mine = ProcessLeases(store)
    assert await mine.acquire(session.id)
    await store.outbox.add(session.id, [{"type": "text", "text": "thanks, bye"}])
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(session.id)
    assert not await store.leases.release_if_done(session.id), "a message is on its way"
    (message,) = await store.outbox.waiting(session.id)
    await store.outbox.finish(message)
    assert await store.leases.release_if_done(session.id)


async def test_a_failure_with_a_conversation_is_told_to_the_agents(store):
    session = await request_session(store)
    await store.sessions.finish_step(session.id, Step.CONVERSATION, conversation_id="c1")
    await store.outbox.add(session.id, [{"type": "text", "text": "for the bot now"}])
    failed = await store.sessions.fail(session.id, end_notified=True)
    assert not failed.finalized, "what was written meanwhile is to be answered"
    kinds = [each.body["type"] for each in await store.outbox.waiting(session.id)]
    assert kinds == ["text", "closing_note"]
    assert session.id in await store.leases.with_work()


async def test_a_failure_before_that_leaves_nothing_to_do(store):
    session = await request_session(store)
    failed = await store.sessions.fail(session.id, end_notified=True)
    assert failed.finalized
    assert await store.outbox.waiting(session.id) == []
    assert session.id not in await store.leases.with_work()
