"""The store, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
import sqlalchemy as sa

from tests.support.databases import is_sqlite
from tests.support.store import expire_leases, inbox_entry, request_session
from zendesk_handoff.domain.responses import DELAYED
from zendesk_handoff.domain.session import EndReason, State, Step, Work
from zendesk_handoff.errors import LimitReached, StoreUnavailable
from zendesk_handoff.store import open_store
from zendesk_handoff.store.chat import LOOK_BACK
from zendesk_handoff.store.engine.signals import is_set_within


async def test_a_second_request_finds_the_first_session(store):
    first, second = await asyncio.gather(request_session(store), request_session(store))
    assert first.id == second.id
    assert (await request_session(store, "somebody else")).id != first.id


async def test_a_read_sees_all_commits_before_it(store, url):
    assert await store.sessions.recent() == []
    mine = await request_session(store)
    assert await store.sessions.recent() == [mine]
    async with await open_store(url) as other_process:
        theirs = await request_session(other_process, "somebody else")
    assert await store.sessions.recent() == [theirs, mine]
    assert await store.sessions.get(theirs.id) == theirs


async def test_a_read_works_after_one_that_failed(store):
    session = await request_session(store)
    with pytest.raises(StoreUnavailable):
        await store.database.rows(sa.text("SELECT nothing FROM nowhere"))
    assert await store.sessions.recent() == [session]


async def test_steps_of_opening_are_recorded(store):
    session = await request_session(store, profile={"email": "jo@example.com"})
    await store.sessions.begin_step(session.id, Step.USER)
    assert (await store.sessions.get(session.id)).pending_step is Step.USER
    await store.sessions.finish_step(session.id, Step.USER, user_id="z1")
    found = await store.sessions.get(session.id)
    assert (found.step, found.pending_step, found.user_id) == (Step.USER, None, "z1")
    assert found.profile == {"email": "jo@example.com"}


async def test_the_first_end_reason_is_kept(store):
    session = await request_session(store)
    await store.sessions.end(session.id, EndReason.AGENT)
    ended = await store.sessions.end(session.id, EndReason.USER)
    assert ended.end_reason == "agent"
    assert (await store.sessions.current("user")).state is State.ENDED
    await store.sessions.finalize(session.id)
    assert await store.sessions.current("user") is None


async def test_the_closing_note_follows_the_users_last_message(store):
    session = await request_session(store)
    await store.outbox.add(session.id, [{"type": "text", "text": "bye"}])
    await store.sessions.end_by_us(session.id, EndReason.USER)
    await store.sessions.end_by_us(session.id, EndReason.USER)
    bodies = [each.body["type"] for each in await store.outbox.all(session.id)]
    assert bodies == ["text", "closing_note"]


async def test_an_event_and_a_message_are_stored_once(store):
    session = await request_session(store)

    def new(event_id, message_id):
        return inbox_entry(session.id, event_id, message_id)

    await store.inbox.add([new("e1", "m1"), new("e1", "m2"), new("e2", "m1")])
    await store.inbox.add([new("e3", "m1"), new("e4", "m4")])
    assert len(await store.inbox.messages(session.id)) == 2


async def test_messages_are_ordered_by_zendesks_clock_and_the_end_comes_last(store):
    session = await request_session(store)
    events = [
        inbox_entry(session.id, "e1", kind="end", sent_at="2026-01-01T10:00:01Z"),
        inbox_entry(session.id, "e2", "m2", sent_at="2026-01-01T10:00:03Z"),
        inbox_entry(session.id, "e3", "m1", sent_at="2026-01-01T10:00:02Z"),
    ]
    await store.inbox.add(events)
    order = []
    while waiting := await store.inbox.waiting(session.id):
        event = waiting[0]
        order.append(event.kind + event.sent_at[17:19])
        await store.inbox.finish(event)
    assert order == ["message02", "message03", "end01"]


async def test_concurrent_writers_lose_nothing_and_keep_their_order(store):
    sessions = [await request_session(store, f"user {number}") for number in range(10)]

    async def write(session):
        for number in range(20):
            await store.outbox.add(session.id, [{"type": "text", "text": str(number)}])

    await asyncio.gather(*(write(session) for session in sessions))
    for session in sessions:
        stored = [int(each.body["text"]) for each in await store.outbox.all(session.id)]
        assert stored == list(range(20))


async def test_servers_that_write_the_same_rows_do_not_deadlock(store, url):
    """Each writes to all sessions in an order of its own; no transaction locks two of them."""
    sessions = [await request_session(store, f"user {number}") for number in range(6)]
    async with await open_store(url) as other:

        async def write(where, order):
            for session in order:
                await where.sessions.change_place(session.id, "rest", address={})
                await where.leases.acquire(session.id)

        await asyncio.wait_for(
            asyncio.gather(
                *(write(store, sessions) for _ in range(5)),
                *(write(other, sessions[::-1]) for _ in range(5)),
            ),
            20,
        )


async def test_pending_messages_are_claimed_once(store):
    await store.pending.add("user", {"text": "one"})
    await store.pending.add("user", {"text": "two"})
    claimed = await store.pending.claim("user", "rest")
    assert [each.body["text"] for each in claimed] == ["one", "two"]
    assert await store.pending.claim("user", "rest") == [], (
        "not for a second response at the same time"
    )
    await store.pending.mark_delivered([each.id for each in claimed])
    assert await store.pending.claim("user", "rest") == []


async def test_one_process_has_the_lease_of_a_session(store, url):
    session = await request_session(store)
    async with await open_store(url) as other:
        assert not await other.leases.acquire(session.id)
        await store.leases.release(session.id)
        assert await other.leases.acquire(session.id)
        assert not other.leases.is_outcome_unknown(session.id)
        assert not await store.leases.acquire(session.id)
        await expire_leases(store)
        assert await store.leases.acquire(session.id)
        assert store.leases.is_outcome_unknown(session.id)


async def test_a_machine_whose_clock_is_ahead_takes_over_no_valid_lease(store, url, monkeypatch):
    if is_sqlite(store.database):
        return  # one machine has one clock
    session = await request_session(store)
    async with await open_store(url) as ahead:
        later = time.time() + 3600
        monkeypatch.setattr(time, "time", lambda: later)
        assert not await ahead.leases.acquire(session.id)
        await store.leases.release(session.id)
        assert await ahead.leases.acquire(session.id)
        assert not ahead.leases.is_outcome_unknown(session.id)
        monkeypatch.undo()
        await expire_leases(store)
        assert await store.leases.acquire(session.id)
        assert store.leases.is_outcome_unknown(session.id)


async def test_a_commit_signals_other_processes(store, url):
    async with await open_store(url) as other:
        signalled = asyncio.Event()
        other.signals.on_any(lambda _topic: signalled.set())
        await asyncio.sleep(0)
        while not signalled.is_set():  # its watch may start after the first commits
            await store.chat.add("user", {"role": "bot", "text": "hello"})
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(signalled.wait(), 0.5)


async def test_a_store_that_cannot_be_opened_is_unavailable():
    with pytest.raises(StoreUnavailable):
        await open_store("sqlite:////no/such/folder/store.db")


async def test_the_user_is_told_of_a_delay_once_until_the_message_is_sent(store):
    session = await request_session(store, connected=True)
    assert not await store.outbox.notify_delay(session, notice=DELAYED), "nothing waits"
    await store.outbox.add(session.id, [{"type": "text", "text": "one"}])
    await store.outbox.add(session.id, [{"type": "text", "text": "two"}])
    assert await store.outbox.notify_delay(session, notice=DELAYED)
    assert not await store.outbox.notify_delay(session, notice=DELAYED)
    assert [each.body for each in await store.inbox.waiting(session.id)] == [{"response": DELAYED}]
    first, second = await store.outbox.waiting(session.id)
    await store.outbox.finish(first)
    assert not await store.outbox.notify_delay(session, notice=DELAYED), "the notice was for both"
    await store.outbox.finish(second)
    await store.outbox.add(session.id, [{"type": "text", "text": "three"}])
    assert await store.outbox.notify_delay(session, notice=DELAYED)


async def test_work_is_what_waits_in_each_direction(store):
    session = await request_session(store, conversation="c1")
    assert await store.work.load("no such session") is None
    assert await store.work.load(session.id) == Work(session)
    await store.outbox.add(session.id, [{"type": "text", "text": "one"}])
    await store.outbox.add(session.id, [{"type": "text", "text": "two"}])
    first, second = await store.outbox.waiting(session.id)
    assert (await store.work.load(session.id)).unsent_since == first.created_at
    await store.outbox.finish(first)
    assert (await store.work.load(session.id)).unsent_since == second.created_at
    await store.outbox.notify_delay(session, notice=DELAYED)
    assert (await store.work.load(session.id)).has_events
    (notice,) = await store.inbox.waiting(session.id)
    await store.inbox.finish(notice)
    assert not (await store.work.load(session.id)).has_events


async def test_of_a_failed_session_the_agents_get_the_closing_note_alone(store):
    session = await request_session(store, conversation="c1")
    await store.outbox.add(session.id, [{"type": "text", "text": "for the bot"}])
    await store.sessions.fail(session.id)
    text, note = await store.outbox.waiting(session.id)
    assert (await store.work.load(session.id)).unsent_since == note.created_at
    await store.outbox.finish(note)
    assert (await store.work.load(session.id)).unsent_since is None
    assert text.created_at <= note.created_at


async def test_a_session_is_found_at_its_deadline(store, url):
    session = await request_session(store, connected=True)
    await store.sessions.mark_start_notified(session.id)
    assert await store.work.find(now=0) == [session.id], "not looked at yet"
    session = await store.sessions.get(session.id)
    await store.work.set_deadlines([(session, 100.0)])
    await store.work.set_deadlines([(session, 200.0)])  # an earlier one was recorded meanwhile
    assert await store.work.find(now=99) == []
    assert await store.work.find(now=100) == [session.id]
    async with await open_store(url) as other:
        assert await other.work.find(now=100) == [], "another process has it"
    assert [each async for each in store.work.unfinished()] == [
        [await store.sessions.get(session.id)]
    ]
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(session.id)
    assert await store.work.find(now=1e12) == []
    assert [each async for each in store.work.unfinished()] == []


async def test_messages_that_wait_for_zendesk_are_limited(store):
    session = await request_session(store, connected=True)
    other = await request_session(store, "another", connected=True)
    body = {"type": "text", "text": "hello"}

    async def add(key, to=session):
        return await store.outbox.add(to.id, [body], key=key, max_waiting=3)

    keys = ["k0", "k1", "k2"]
    assert [await add(key) for key in keys] == [True] * 3
    with pytest.raises(LimitReached):
        await add("k3")
    assert await add("x", other)
    assert await add(keys[0])  # delivered twice by its channel, stored once
    [first, *_] = await store.outbox.waiting(session.id)
    await store.outbox.finish(first)
    assert await add("later")
    assert len(await store.outbox.waiting(session.id)) == 3


async def test_a_commit_of_another_process_wakes_the_pages_that_it_concerns(store, url):
    async with await open_store(url) as other:
        with store.chat.signals("first") as first, store.chat.signals("second") as second:
            await other.chat.add("first", {"role": "user"})
            assert await is_set_within(first, 15)
            for number in range(LOOK_BACK):
                await other.chat.add("third", {"role": "user", "number": number})
            woken = []
            for number in range(20):  # the looks at what was written before may still be under way
                first.clear()
                second.clear()
                await other.chat.add("second", {"role": "user", "number": number})
                assert await is_set_within(second, 15)
                woken.append(first.is_set())
            assert not all(woken)
