"""The store, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
import sqlalchemy as sa

from zendesk_handoff.domain.responses import DELAYED
from zendesk_handoff.domain.session import EndReason, State, Step
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.inbox import NewEvent
from zendesk_handoff.store.leases import LeaseResult


async def begin(store, sender="user", *, connector="support", **values):
    return await store.sessions.request(
        sender,
        connector,
        workspace="default",
        channel="rest",
        reason="asked",
        summary="the summary",
        profile=values.get("profile", {}),
    )


async def test_a_second_request_finds_the_first_session(store):
    first, second = await asyncio.gather(begin(store), begin(store))
    assert first.id == second.id
    assert (await begin(store, "somebody else")).id != first.id


async def test_a_read_sees_what_is_committed_by_then(store, url):
    assert await store.sessions.recent() == []
    mine = await begin(store)
    assert await store.sessions.recent() == [mine]
    async with await open_store(url) as other_process:
        theirs = await begin(other_process, "somebody else")
    assert await store.sessions.recent() == [theirs, mine]
    assert await store.sessions.get(theirs.id) == theirs


async def test_a_read_that_fails_does_not_harm_the_next_one(store):
    session = await begin(store)
    with pytest.raises(StoreUnavailable):
        await store.sessions._database.rows(sa.text("SELECT nothing FROM nowhere"))
    assert await store.sessions.recent() == [session]


async def test_steps_are_remembered(store):
    session = await begin(store, profile={"email": "jo@example.com"})
    await store.sessions.begin_step(session.id, Step.USER)
    assert (await store.sessions.get(session.id)).pending_step is Step.USER
    await store.sessions.finish_step(session.id, Step.USER, user_id="z1")
    found = await store.sessions.get(session.id)
    assert (found.step, found.pending_step, found.user_id) == (Step.USER, None, "z1")
    assert found.profile == {"email": "jo@example.com"}


async def test_the_first_end_stands(store):
    session = await begin(store)
    await store.sessions.end(session.id, EndReason.AGENT)
    ended = await store.sessions.end(session.id, EndReason.USER)
    assert ended.end_reason == "agent"
    assert (await store.sessions.current("user")).state is State.ENDED
    await store.sessions.finalize(session.id)
    assert await store.sessions.current("user") is None


async def test_leaving_comes_after_the_users_last_words(store):
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "text", "text": "bye"}])
    await store.sessions.end_by_us(session.id, EndReason.USER)
    await store.sessions.end_by_us(session.id, EndReason.USER)
    bodies = [each.body["type"] for each in await store.outbox.all(session.id)]
    assert bodies == ["text", "closing_note"]


async def test_an_event_and_a_message_count_once(store):
    session = await begin(store)

    def new(event_id, message_id):
        return NewEvent(event_id, session.id, "message", {"n": 1}, "t", message_id)

    await store.inbox.add("support", [new("e1", "m1"), new("e1", "m2"), new("e2", "m1")])
    await store.inbox.add("support", [new("e3", "m1"), new("e4", "m4")])
    assert len(await store.inbox.messages(session.id)) == 2


async def test_messages_go_by_zendesks_clock_and_the_end_comes_last(store):
    session = await begin(store)
    events = [
        NewEvent("e1", session.id, "end", {}, "2026-01-01T10:00:01Z"),
        NewEvent("e2", session.id, "message", {}, "2026-01-01T10:00:03Z", "m2"),
        NewEvent("e3", session.id, "message", {}, "2026-01-01T10:00:02Z", "m1"),
    ]
    await store.inbox.add("support", events)
    order = []
    while waiting := await store.inbox.waiting(session.id):
        event = waiting[0]
        order.append(event.kind + event.sent_at[17:19])
        await store.inbox.finish(event)
    assert order == ["message02", "message03", "end01"]


async def test_many_writers_keep_everything_and_each_its_order(store):
    sessions = [await begin(store, f"user {number}") for number in range(10)]

    async def write(session):
        for number in range(20):
            await store.outbox.add(session.id, [{"type": "text", "text": str(number)}])

    await asyncio.gather(*(write(session) for session in sessions))
    for session in sessions:
        kept = [int(each.body["text"]) for each in await store.outbox.all(session.id)]
        assert kept == list(range(20))


async def test_servers_that_want_the_same_rows_do_not_block_each_other(store, url):
    """Each writes to all sessions in an order of its own; nobody's transaction holds two."""
    sessions = [await begin(store, f"user {number}") for number in range(6)]
    async with await open_store(url) as other:

        async def write(where, order):
            for session in order:
                await where.sessions.change_channel(session.id, "rest")
                await where.leases.acquire(session.id)

        await asyncio.wait_for(
            asyncio.gather(
                *(write(store, sessions) for _ in range(5)),
                *(write(other, sessions[::-1]) for _ in range(5)),
            ),
            20,
        )


async def test_held_messages_are_taken_once(store):
    await store.pending.add("user", {"text": "one"})
    await store.pending.add("user", {"text": "two"})
    given = await store.pending.claim("user")
    assert [each.body["text"] for each in given] == ["one", "two"]
    assert await store.pending.claim("user") == [], "not into a second answer at the same time"
    await store.pending.mark_delivered([each.id for each in given])
    assert await store.pending.claim("user") == []


async def run_out(store):
    """Let every claim's lease be over."""
    over = sa.update(sessions).values(lease_expires_at=1)
    await store._database.write(lambda connection: connection.execute(over).rowcount)


async def test_one_process_works_on_a_session(store, url):
    session = await begin(store)
    async with await open_store(url) as other:
        assert await other.leases.acquire(session.id) is LeaseResult.REFUSED
        await store.leases.release(session.id)
        assert await other.leases.acquire(session.id) is LeaseResult.GRANTED
        assert await store.leases.acquire(session.id) is LeaseResult.REFUSED
        await run_out(store)
        assert await store.leases.acquire(session.id) is LeaseResult.TAKEN_OVER


async def test_a_machine_whose_clock_is_ahead_takes_nothing_from_the_living(
    store, url, monkeypatch
):
    if store._database.is_sqlite:
        return  # one machine has one clock
    session = await begin(store)
    async with await open_store(url) as ahead:
        later = time.time() + 3600
        monkeypatch.setattr(time, "time", lambda: later)
        assert await ahead.leases.acquire(session.id) is LeaseResult.REFUSED
        await store.leases.release(session.id)
        assert await ahead.leases.acquire(session.id) is LeaseResult.GRANTED
        monkeypatch.undo()
        await run_out(store)
        assert await store.leases.acquire(session.id) is LeaseResult.TAKEN_OVER


async def test_another_process_is_woken(store, url):
    async with await open_store(url) as other:
        heard = asyncio.Event()
        other.signals.on_any(lambda _topic: heard.set())
        await asyncio.sleep(0)
        while not heard.is_set():  # its watch may not have begun with the first of them
            await store.chat.add("user", {"role": "bot", "text": "hello"})
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(heard.wait(), 0.5)


async def test_a_store_that_is_not_there_says_so():
    with pytest.raises(StoreUnavailable):
        await open_store("sqlite:////no/such/folder/store.db")


async def test_what_is_late_is_told_once_until_it_has_gone(store):
    session = await begin(store)
    await store.sessions.connect(session.id)
    await store.sessions.mark_start_notified(session.id)
    await store.outbox.add(session.id, [{"type": "text", "text": "one"}])
    await store.outbox.add(session.id, [{"type": "text", "text": "two"}])
    assert await store.outbox.notify_overdue(before=0, notice=DELAYED) == []
    later = time.time() + 60
    assert await store.outbox.notify_overdue(before=later, notice=DELAYED) == [session.id]
    assert await store.outbox.notify_overdue(before=later, notice=DELAYED) == []
    assert [each.body for each in await store.inbox.waiting(session.id)] == [{"response": DELAYED}]
    first, second = await store.outbox.waiting(session.id)
    await store.outbox.finish(first)
    assert await store.outbox.notify_overdue(before=later, notice=DELAYED) == [], (
        "they know of both"
    )
    await store.outbox.finish(second)
    await store.outbox.add(session.id, [{"type": "text", "text": "three"}])
    later = time.time() + 60
    assert await store.outbox.notify_overdue(before=later, notice=DELAYED) == [session.id]


async def test_nobody_is_told_of_what_waits_for_an_opening(store):
    session = await begin(store)
    await store.outbox.add(session.id, [{"type": "text", "text": "one"}])
    assert await store.outbox.notify_overdue(before=time.time() + 60, notice=DELAYED) == []
