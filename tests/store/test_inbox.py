"""Storing of inbox entries: whose they are is found where they are stored."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from tests.support.store import inbox_entry, request_session
from zendesk_handoff.domain.session import EndReason
from zendesk_handoff.store.engine.schema import inbox


def new_entry(name, conversation_id, **values):
    """Make an entry as the webhook has it: the session is not known."""
    return inbox_entry("", name, name, conversation_id=conversation_id, **values)


async def finish(store, session):
    """Fail a session's opening, so that its user can have another one."""
    await store.sessions.fail(session.id)
    await store.requests.claim_outcome(session.id)


async def test_calls_that_arrive_together_are_matched_each_with_its_own_connectors_sessions(store):
    mine = await request_session(store, "one", conversation="c1")
    theirs = await request_session(store, "two", connector="wholesale", conversation="c1")
    early = await request_session(store, "three")
    calls = [
        [new_entry("a", "c1")],
        [new_entry("b", "c1", connector_id="wholesale")],
        [new_entry("c", "new", created_for=early.id), new_entry("c2", "c1")],
        [new_entry("d", "c1", created_for=theirs.id)],
        [new_entry("e", "unknown")],
    ]
    stored = await asyncio.gather(*(store.inbox.add(entries) for entries in calls))
    assert [[each.session_id for each in entries] for entries in stored] == [
        [mine.id],
        [theirs.id],
        [early.id, mine.id],
        [mine.id],
        [],
    ]
    assert len(await store.inbox.waiting(mine.id)) == 3
    assert len(await store.inbox.waiting(theirs.id)) == 1


async def test_the_newest_session_of_a_conversation_gets_the_message(store):
    older = await request_session(store, conversation="c1")
    await finish(store, older)
    newer = await request_session(store, conversation="c1")
    [stored] = await store.inbox.add([new_entry("a", "c1")])
    assert stored.session_id == newer.id


async def test_an_ended_session_gets_late_messages_for_a_moment_and_no_second_end(store):
    session = await request_session(store, conversation="c1", connected=True)
    await store.sessions.end(session.id, EndReason.AGENT)
    entries = [
        new_entry("before", "c1", sent_at="2026-01-05T10:00:00.000Z"),
        new_entry("after", "c1", sent_at="2099-01-05T10:00:00.000Z"),
        new_entry("end", "c1", kind="end"),
    ]
    assert [each.event_id for each in await store.inbox.add(entries)] == ["before"]


async def test_an_entry_that_is_stored_already_counts_as_stored(store):
    session = await request_session(store, conversation="c1")
    for _ in range(2):
        assert len(await store.inbox.add([new_entry("a", "c1")])) == 1
    assert len(await store.inbox.waiting(session.id)) == 1


async def test_the_sessions_that_got_something_are_signalled(store):
    session = await request_session(store, conversation="c1")
    topics = []
    store.signals.on_any(topics.append)
    await store.inbox.add([new_entry("a", "c1"), new_entry("b", "unknown")])
    assert f"inbox:{session.id}" in topics
    assert not any(topic.startswith("inbox:") for topic in topics if session.id not in topic)


async def test_a_call_may_have_any_number_of_entries(store):
    session = await request_session(store, conversation="c1")
    entries = [
        new_entry(f"e{number}", "c1" if number % 2 else f"other{number}", created_for=f"s{number}")
        for number in range(2500)
    ]
    assert len(await store.inbox.add(entries)) == 1250
    assert len(await store.inbox.waiting(session.id)) == 1250


@pytest.mark.parametrize("entries", [[], [new_entry("a", "unknown")]])
async def test_nothing_of_a_foreign_conversation_is_stored(store, entries):
    await request_session(store, conversation="c1")
    assert await store.inbox.add(entries) == []
    assert await store.database.rows(sa.select(inbox.c.id)) == []


async def test_entries_without_a_session_share_one_query(traced):
    """On SQLite, however many calls wait."""
    store, statements = traced
    await request_session(store, conversation="c1")
    statements.clear()
    await asyncio.gather(*(store.inbox.add([new_entry(f"e{n}", "c1")]) for n in range(20)))
    lookups = [each for each in statements if "conversation_id IN" in each]
    commits = [each for each in statements if each == "COMMIT"]
    assert len(lookups) == len(commits) <= 2
