"""What waits together for the store: done by one call, each with its own result, none lost."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from zendesk_handoff.domain.session import Step
from zendesk_handoff.store import inbox, outbox, sessions
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import metadata
from zendesk_handoff.store.inbox import EventBatch, NewEvent


@pytest.fixture
async def database(url):
    opened = Database(url)
    await opened.open()
    yield opened
    await opened.close()


async def begin(store, sender, *, connector="support", conversation=None):
    session = await store.sessions.request(
        sender,
        connector,
        workspace="default",
        channel="rest",
        reason="asked",
        summary="the summary",
        profile={},
    )
    if conversation:
        session = await store.sessions.finish_step(
            session.id, Step.CONVERSATION, conversation_id=conversation
        )
    return session


async def test_what_waits_together_is_done_by_one_call(database):
    calls = []

    def double(connection, items):
        calls.append(list(items))
        return [2 * item for item in items]

    results = await asyncio.gather(*(database.write_together(double, n) for n in range(20)))
    assert results == [2 * n for n in range(20)]
    assert sorted(item for items in calls for item in items) == list(range(20))
    # PostgreSQL shares commits itself, and each write has a transaction of its own.
    assert len(calls) < 20 if database.is_sqlite else len(calls) == 20


async def test_each_is_woken_by_what_came_of_its_own(database):
    woken = []
    database.signals.on_any(woken.append)

    def keep_even(_connection, items):
        return [item if item % 2 == 0 else None for item in items]

    def wake(result):
        return () if result is None else [f"even:{result}"]

    await asyncio.gather(*(database.write_together(keep_even, n, wake=wake) for n in range(4)))
    assert {topic for topic in woken if topic != "*"} == {"even:0", "even:2"}


async def test_what_one_does_wrong_is_not_the_others_loss(store):
    session = await begin(store, "user")
    texts = [{"type": "text", "text": str(number)} for number in range(3)]
    done = await asyncio.gather(
        store.outbox.add(session.id, texts[:1]),
        store.outbox.add("nobody's", texts[:1]),
        store.outbox.add(session.id, texts[1:]),
        return_exceptions=True,
    )
    assert [type(each) for each in done] == [type(None), IntegrityError, type(None)]
    kept = [each.body["text"] for each in await store.outbox.waiting(session.id)]
    assert sorted(kept) == ["0", "1", "2"]


async def test_arrivals_are_judged_by_their_own_connectors_sessions(store):
    mine = await begin(store, "one", conversation="c1")
    theirs = await begin(store, "two", connector="wholesale", conversation="c1")
    early = await begin(store, "three")
    seen = {}

    def batch(name, connector, **places):
        def classify(candidates):
            seen[name] = [each.id for each in candidates]
            return [NewEvent(name, each.id, "message", {}, "t", name) for each in candidates]

        return EventBatch(connector, classify, **{key: frozenset({v}) for key, v in places.items()})

    kept = await asyncio.gather(
        store.inbox.store_batch(batch("a", "support", conversation_ids="c1")),
        store.inbox.store_batch(batch("b", "wholesale", conversation_ids="c1")),
        store.inbox.store_batch(
            batch("c", "support", conversation_ids="new", session_ids=early.id)
        ),
        store.inbox.store_batch(
            batch("d", "support", conversation_ids="c1", session_ids=theirs.id)
        ),
        store.inbox.store_batch(batch("e", "support", conversation_ids="unknown")),
    )
    assert seen == {"a": [mine.id], "b": [theirs.id], "c": [early.id], "d": [mine.id], "e": []}
    assert [len(each) for each in kept] == [1, 1, 1, 1, 0]
    assert len(await store.inbox.waiting(mine.id)) == 2


async def test_a_conversation_of_two_sessions_is_the_newer_ones(store):
    older = await begin(store, "user", conversation="c1")
    await store.sessions.fail(older.id, end_notified=True)
    newer = await begin(store, "user", conversation="c1")
    seen = []

    def classify(candidates):
        seen[:] = [(each.id, bool(each.is_open)) for each in candidates]
        return []

    await store.inbox.store_batch(
        EventBatch("support", classify, conversation_ids=frozenset({"c1"}))
    )
    assert seen == [(newer.id, True), (older.id, False)]


_VALUES = {"sender": "x", "session": "x", "conversations": ["x"], "ids": ["x"], "limit": 1}


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (sessions._CURRENT.clause, "unclosed_sessions"),
        (sessions._OPEN_ONE.clause, "one_open_session_a_sender"),
        (sessions._CANDIDATES, "sessions_of_a_conversation"),
        (outbox._UNSENT.clause, "outbox_"),
        (inbox._WAITING.clause, "inbox_"),
    ],
    ids=["unclosed", "open", "candidates", "unsent", "waiting"],
)
def test_no_message_reads_a_whole_table(query, index):
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    words = str(query.params(_VALUES).compile(engine, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}")]
    assert any(index in step for step in plan), plan
    assert not any(step.startswith("SCAN") for step in plan), plan


async def test_of_two_that_wait_for_each_other_both_are_committed(database):
    """PostgreSQL undoes one after a second; SQLite has one writer and knows no such thing."""
    counter = sa.table("counter", sa.column("id"), sa.column("n"))

    def make(connection):
        connection.execute(sa.text("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER)"))
        connection.execute(sa.insert(counter), [{"id": 1, "n": 0}, {"id": 2, "n": 0}])

    await database.write(make)
    runs = []

    def raise_both(first, second):
        def work(connection):
            runs.append(first)
            raising = sa.update(counter).values(n=counter.c.n + 1)
            connection.execute(raising.where(counter.c.id == first))
            if not database.is_sqlite and runs.count(first) == 1:  # until both hold their first
                connection.execute(sa.text("SELECT pg_sleep(0.3)"))
            connection.execute(raising.where(counter.c.id == second))

        return work

    await asyncio.gather(database.write(raise_both(1, 2)), database.write(raise_both(2, 1)))
    rows = await database.rows(sa.select(counter.c.n))
    assert [row.n for row in rows] == [2, 2]
    assert len(runs) == (2 if database.is_sqlite else 3), "one of them was undone and done again"


async def test_claims_are_kept_while_everything_else_is_written(store):
    begun = [await begin(store, f"user-{number}") for number in range(12)]

    async def be_busy(session):
        for number in range(8):
            await store.sessions.begin_step(session.id, Step.CONVERSATION)
            await store.leases.acquire(session.id)
            await store.outbox.add(session.id, [{"type": "text", "text": str(number)}])

    async def keep():
        return [await store.leases.renew() for _ in range(8)]

    kept, *_ = await asyncio.gather(*(keep() for _ in range(6)), *(be_busy(one) for one in begun))
    assert all(one == {session.id for session in begun} for one in kept)
    assert await store.leases.renew(begun[0].id) == {begun[0].id}
