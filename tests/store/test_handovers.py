"""The handovers of a period, as they are read for the report, on both databases."""

from __future__ import annotations

import time
from dataclasses import asdict, fields

import pytest

from tests.support.handovers import handover
from tests.support.store import inbox_entry, request_session
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.store.handovers import (
    SHARED_BY,
    Handover,
    Period,
    Undelivered,
    read_connectors,
    read_handovers,
    read_shared_reasons,
    read_undelivered,
)

EVER = Period(0, 4e9)
TEXT = {"type": "text", "text": "what a user wrote"}


def said(agent_id):
    return asdict(AgentMessage("m", "Ana Smith", agent_id, "text", "what an agent wrote"))


async def read(store, work, *arguments):
    return await store.database.read(lambda connection: work(connection, *arguments))


async def add(store, *made):
    for each in made:
        await store.database.write(each)


async def test_a_session_is_read_as_its_servers_store_it(store):
    before = time.time()
    session = await request_session(store, connected=True, channel="webchat")
    await store.inbox.add([inbox_entry(session.id, "e1", "m1", body=said(None))])
    automated = time.time()
    await store.inbox.add([inbox_entry(session.id, "e2", "m2", body=said("a1"))])
    answered = time.time()
    await store.inbox.add([inbox_entry(session.id, "e3", "m3", body=said("a2"))])
    await store.sessions.end(session.id, EndReason.TICKET_CLOSED)
    [found] = await read(store, read_handovers, EVER)
    assert (found.connector_id, found.workspace, found.channel) == ("support", "default", "webchat")
    assert (found.reason, found.state, found.end_reason) == ("asked", State.ENDED, "ticket_closed")
    assert before <= found.created_at <= found.connected_at <= automated
    assert automated <= found.answered_at <= answered <= found.ended_at


@pytest.mark.parametrize("agent_id", [None, "a1"])
async def test_only_a_person_answers(store, agent_id):
    session = await request_session(store, connected=True)
    await store.inbox.add([inbox_entry(session.id, "e1", "m1", body=said(agent_id))])
    [found] = await read(store, read_handovers, EVER)
    assert (found.answered_at is not None) == (agent_id is not None)


async def test_the_users_rating(store):
    session = await request_session(store, connected=True)
    await store.sessions.end(session.id, EndReason.AGENT)
    await store.sessions.mark_end_notified(session.id, asks_rating=True)
    [asked] = await read(store, read_handovers, EVER)
    await store.ratings.rate(session.id, 4)
    [found] = await read(store, read_handovers, EVER)
    assert (asked.rating_asked_at is not None, asked.rating, found.rating) == (True, None, 4)


async def test_a_message_that_was_deleted_was_an_answer(store):
    session = await request_session(store, connected=True)
    await store.inbox.add([inbox_entry(session.id, "e1", "m1", body=said("a1"))])
    deletion = inbox_entry(session.id, "e2", kind="deletion", body={"message_id": "m1"})
    await store.inbox.add([deletion])
    *_, event = await store.inbox.waiting(session.id)
    await store.inbox.withdraw(event, session)
    [found] = await read(store, read_handovers, EVER)
    assert found.answered_at is not None


async def test_a_session_that_has_failed_and_one_that_goes_on(store):
    failed = await request_session(store, "failed")
    await store.sessions.fail(failed.id)
    await request_session(store, "open", connected=True)
    first, second = await read(store, read_handovers, EVER)
    assert (first.state, first.end_reason, first.connected_at) == (State.FAILED, None, None)
    assert first.ended_at is not None
    assert (second.state, second.ended_at) == (State.WAITING, None)


async def test_the_period_and_the_connector_limit_what_is_read(store):
    await add(store, *(handover(day * 86400.0) for day in range(4)))
    await add(store, handover(86400.0, connector="sales"))
    days = [each.created_at / 86400 for each in await read(store, read_handovers, EVER)]
    assert days == [0, 1, 1, 2, 3], "the oldest first"
    found = await read(store, read_handovers, Period(86400, 3 * 86400, "support"))
    assert [each.created_at / 86400 for each in found] == [1, 2]
    assert await read(store, read_connectors) == {"support", "sales"}


async def test_what_has_not_arrived_is_counted_within_the_period(store):
    session = await request_session(store, connected=True)
    await store.outbox.add(session.id, [TEXT, TEXT])
    first, _ = await store.outbox.waiting(session.id)
    await store.outbox.refuse([first], connector_id="support", error="400", notice=None)
    events = [inbox_entry(session.id, "e1", kind="dead_letter")]
    events += [inbox_entry(session.id, f"n{n}", f"m{n}", body=said("a1")) for n in range(3)]
    await store.inbox.add(events)
    for event in (await store.inbox.waiting(session.id))[:2]:
        await store.inbox.refuse(event, reason="too long", sender_id="user", pending=[])
    counted = await read(store, read_undelivered, EVER)
    assert counted == Undelivered(refused_by_zendesk=1, refused_by_channel=2, unreadable=1)
    for elsewhere in (Period(0, 1), Period(0, 4e9, "sales")):
        assert await read(store, read_undelivered, elsewhere) == Undelivered()


async def test_a_reason_is_shared_if_several_users_have_had_it(store):
    own, common = "The invoice of Ana Smith", "The contract is cancelled"
    await add(store, *(handover(n, sender="ana", reason=own) for n in range(SHARED_BY + 1)))
    await add(store, *(handover(n, sender=f"user {n}", reason=common) for n in range(SHARED_BY)))
    assert await read(store, read_shared_reasons) == {common}


def test_no_text_of_a_message_is_part_of_a_handover():
    texts = {each.name for each in fields(Handover)} & {"summary", "profile", "agent_name", "body"}
    assert texts == set()
    shown = repr(Handover("c", "w", "ch", "a secret reason", State.ENDED, None, 0, 0, 0, 0))
    assert "secret" not in shown
