"""Reports and maintenance for operators, on both databases."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.support.store import inbox_entry, request_session, store_upload
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import SessionNotFound
from zendesk_handoff.store import open_store

TEXT = {"type": "text", "text": "what a user wrote"}


async def refuse_next(store, session, error="POST /conversations/{id}/messages: 400 bad_request"):
    message = (await store.outbox.waiting(session.id))[0]
    await store.outbox.refuse([message], connector_id="support", error=error, notice=None)


async def test_a_session_is_found_by_the_beginning_of_its_id(store):
    session = await request_session(store, connected=True)
    assert (await store.reports.find(session.id)).id == session.id
    assert (await store.reports.find(session.id[:8])).id == session.id
    for prefix in ("", "%", "_" * 32, "zz", session.id[:31] + "g"):
        with pytest.raises(SessionNotFound, match="No session"):
            await store.reports.find(prefix)


async def test_an_ambiguous_beginning_is_an_error(store):
    for number in range(17):  # sixteen digits: two of them share the first
        await request_session(store, f"user {number}", connected=True)
    firsts = [one.session.id[0] for one in await store.reports.statuses()]
    twice = next(each for each in firsts if firsts.count(each) > 1)
    with pytest.raises(SessionNotFound, match="More than one"):
        await store.reports.find(twice)


async def test_open_sessions_come_first_and_all_of_them(store):
    over = [await request_session(store, f"over {number}", connected=True) for number in range(3)]
    for session in over:
        await store.sessions.end(session.id, EndReason.AGENT)
    still_open = [
        await request_session(store, f"open {number}", connected=True) for number in range(3)
    ]
    listed = [one.session.id for one in await store.reports.statuses(limit=1)]
    assert listed == [each.id for each in (*reversed(still_open), over[-1])]
    assert len(await store.reports.statuses(limit=1, every=True)) == 6


async def test_waiting_and_refused_messages_are_counted(store):
    session = await request_session(store, connected=True)
    await store.outbox.add(session.id, [TEXT, TEXT, TEXT])
    await refuse_next(store, session, "the first error")
    await refuse_next(store, session, "the last error")
    events = [
        inbox_entry(session.id, "e1", "m1"),
        inbox_entry(session.id, "e2", "m2"),
        inbox_entry(session.id, "e3", kind="dead_letter"),
    ]
    await store.inbox.add(events)
    before = time.time()
    await store.inbox.finish((await store.inbox.waiting(session.id))[0])
    [status] = await store.reports.statuses()
    assert (status.to_agent, status.refused, status.error) == (1, 2, "the last error")
    assert (status.to_user, status.dead_letters) == (1, 1)
    assert status.last_activity >= before


async def test_a_session_without_messages_is_listed_too(store):
    session = await request_session(store)
    [status] = await store.reports.statuses()
    assert status.last_activity == session.created_at
    assert (status.to_agent, status.to_user, status.error) == (0, 0, None)


async def test_figures_for_metrics(store):
    ended = await request_session(store, "ended", connected=True)
    await store.sessions.end(ended.id, EndReason.AGENT)
    active = await request_session(store, "active", connector="sales", connected=True)
    stored_at = time.time()
    await store.outbox.add(active.id, [TEXT, TEXT])
    await refuse_next(store, active)
    await store.inbox.add([inbox_entry(ended.id)])
    counts = await store.reports.counts()
    assert counts.sessions == {
        ("support", "ended", "agent"): 1,
        ("sales", "waiting", ""): 1,
    }
    [to_agent], [to_user] = counts.to_agent, counts.to_user
    assert (to_agent.connector_id, to_agent.waiting, to_agent.failed) == ("sales", 1, 1)
    assert stored_at <= to_agent.oldest <= time.time()
    assert (to_user.connector_id, to_user.waiting, to_user.failed) == ("support", 1, 0)


async def test_messages_of_a_failed_opening_are_not_undelivered(store):
    session = await request_session(store)
    await store.outbox.add(session.id, [TEXT])
    assert (await store.reports.counts()).to_agent[0].waiting == 1
    await store.sessions.fail(session.id)
    assert (await store.reports.counts()).to_agent == []


async def test_refused_messages_are_retried_in_order(store):
    session = await request_session(store, connected=True)
    await store.outbox.add(session.id, [{"type": "text", "text": str(n)} for n in range(3)])
    for _ in range(3):
        await refuse_next(store, session)
    assert await store.outbox.waiting(session.id) == []
    assert await store.maintenance.retry(session.id) == 3
    again = []
    for message in await store.outbox.waiting(session.id):
        again.append(message.body["text"])
        await store.outbox.finish(message)
    assert again == ["0", "1", "2"]
    assert await store.maintenance.retry(session.id) == 0


async def test_a_retry_signals_other_processes_even_if_nothing_was_refused(store, url):
    session = await request_session(store, connected=True)
    async with await open_store(url) as other:
        signalled = asyncio.Event()
        other.signals.on_any(lambda _topic: signalled.set())
        for _ in range(20):  # its watch may start after the first commits
            assert await store.maintenance.retry(session.id) == 0
            try:
                await asyncio.wait_for(signalled.wait(), 0.5)
                return
            except asyncio.TimeoutError:
                continue
    raise AssertionError("The other process received no signal.")


async def finished_session(store, sender):
    session = await request_session(store, sender, connected=True)
    await store.outbox.add(session.id, [TEXT])
    await store.outbox.finish(*await store.outbox.waiting(session.id))
    await store.inbox.add([inbox_entry(session.id, f"e-{sender}", f"m-{sender}")])
    await store.chat.add(sender, {"role": "user"})
    await store_upload(store, sender, b"d")
    await store.pending.add(sender, {"text": "pending"})
    await store.sessions.end(session.id, EndReason.AGENT)
    return await store.sessions.mark_end_notified(session.id)


async def test_old_sessions_that_are_over_are_purged(store):
    gone = await finished_session(store, "gone")
    later = time.time()
    kept = await finished_session(store, "kept")
    purged = await store.maintenance.purge(older_than=later)
    assert (purged.sessions, purged.chat, purged.uploads, purged.pending_messages) == (1, 2, 1, 1)
    assert await store.sessions.get(gone.id) is None
    assert await store.outbox.all(gone.id) == []
    assert await store.inbox.messages(gone.id) == []
    assert await store.chat.after("gone", 0) == []
    assert (await store.sessions.get(kept.id)).state is State.ENDED
    assert len(await store.chat.after("kept", 0)) == 2
    assert len(await store.pending.claim("kept", "rest")) == 1


async def test_sessions_with_work_left_are_not_purged(store):
    still_open = await request_session(store, "open", connected=True)
    await store.chat.add("open", {"role": "user"})
    await store.pending.add("open", {"text": "pending"})
    unnotified = await request_session(store, "unnotified", connected=True)
    await store.sessions.end(unnotified.id, EndReason.AGENT)
    unsent = await request_session(store, "unsent", connected=True)
    await store.outbox.add(unsent.id, [TEXT])
    await store.sessions.end(unsent.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(unsent.id)
    purged = await store.maintenance.purge(older_than=time.time() + 1)
    assert (purged.sessions, purged.chat, purged.pending_messages) == (0, 0, 0)
    for session in (still_open, unnotified, unsent):
        assert await store.sessions.get(session.id) is not None


async def test_unsent_messages_of_a_failed_opening_are_purged(store):
    failed = await request_session(store)
    await store.outbox.add(failed.id, [TEXT])
    await store.sessions.fail(failed.id)
    await store.requests.claim_outcome(failed.id)
    assert (await store.maintenance.purge(older_than=time.time() + 1)).sessions == 1


async def test_the_history_of_a_page_in_use_is_kept_as_a_whole(store):
    await store.chat.add("user", {"role": "start"})
    later = time.time()
    await store.chat.add("user", {"role": "user"})
    assert (await store.maintenance.purge(older_than=later)).chat == 0


async def test_many_sessions_are_purged_in_batches(store):
    for number in range(5):
        await finished_session(store, f"user {number}")
    purged = await store.maintenance.purge(older_than=time.time() + 1, batch_size=2)
    assert purged.sessions == 5
