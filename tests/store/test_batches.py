"""Batched writes: shared work, separate results and errors, and leases under load."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.support.databases import is_sqlite
from tests.support.store import lease_owner, request_session
from zendesk_handoff.domain.session import Step
from zendesk_handoff.store.engine.database import Database


@pytest.fixture
async def database(url):
    opened = Database(url)
    await opened.open()
    yield opened
    await opened.close()


async def test_jobs_that_wait_together_share_one_call(database):
    calls = []

    def double(connection, items):
        calls.append(list(items))
        return [2 * item for item in items]

    results = await asyncio.gather(*(database.write_together(double, n) for n in range(20)))
    assert results == [2 * n for n in range(20)]
    assert sorted(item for items in calls for item in items) == list(range(20))
    # PostgreSQL shares commits itself, and each write has a transaction of its own.
    assert len(calls) < 20 if is_sqlite(database) else len(calls) == 20


async def test_each_job_signals_the_topics_of_its_own_result(database):
    topics = []
    database.signals.on_any(topics.append)

    def keep_even(_connection, items):
        return [item if item % 2 == 0 else None for item in items]

    def wake(result):
        return () if result is None else [f"even:{result}"]

    await asyncio.gather(*(database.write_together(keep_even, n, wake=wake) for n in range(4)))
    assert {topic for topic in topics if topic != "*"} == {"even:0", "even:2"}


async def test_an_error_of_one_job_does_not_fail_the_others(store):
    session = await request_session(store, "user")
    texts = [{"type": "text", "text": str(number)} for number in range(3)]
    results = await asyncio.gather(
        store.outbox.add(session.id, texts[:1]),
        store.outbox.add("nobody's", texts[:1]),
        store.outbox.add(session.id, texts[1:]),
        return_exceptions=True,
    )
    assert [type(each) for each in results] == [bool, IntegrityError, bool]
    stored = [each.body["text"] for each in await store.outbox.waiting(session.id)]
    assert sorted(stored) == ["0", "1", "2"]


async def test_two_transactions_in_a_deadlock_are_both_committed(database):
    """PostgreSQL rolls one back after a second; SQLite has one writer, and no deadlocks."""
    counter = sa.table("counter", sa.column("id"), sa.column("n"))

    def create(connection):
        connection.execute(sa.text("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER)"))
        connection.execute(sa.insert(counter), [{"id": 1, "n": 0}, {"id": 2, "n": 0}])

    await database.write(create)
    runs = []

    def increment_both(first, second):
        def work(connection):
            runs.append(first)
            increment = sa.update(counter).values(n=counter.c.n + 1)
            connection.execute(increment.where(counter.c.id == first))
            # The pause lasts until both have locked their first row.
            if not is_sqlite(database) and runs.count(first) == 1:
                connection.execute(sa.text("SELECT pg_sleep(0.3)"))
            connection.execute(increment.where(counter.c.id == second))

        return work

    await asyncio.gather(database.write(increment_both(1, 2)), database.write(increment_both(2, 1)))
    rows = await database.rows(sa.select(counter.c.n))
    assert [row.n for row in rows] == [2, 2]
    if is_sqlite(database):
        assert len(runs) == 2
    else:  # a repetition may meet the other one again before that has its second row
        assert len(runs) > 2, "one of them was rolled back and repeated"


async def test_leases_are_renewed_during_other_writes(store):
    requested = [await request_session(store, f"user-{number}") for number in range(12)]

    async def write_often(session):
        for number in range(8):
            await store.sessions.begin_step(session.id, Step.CONVERSATION)
            await store.leases.acquire(session.id)
            await store.outbox.add(session.id, [{"type": "text", "text": str(number)}])

    async def renew_often():
        return [await store.leases.renew() for _ in range(8)]

    renewed, *_ = await asyncio.gather(
        *(renew_often() for _ in range(6)), *(write_often(one) for one in requested)
    )
    assert all(one == {session.id for session in requested} for one in renewed)
    assert await lease_owner(store, requested[0].id) == store.leases.owner
