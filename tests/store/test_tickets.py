"""Tickets whose fields are to be set, on both databases."""

from __future__ import annotations

from tests.support.store import request_session
from tests.support.zendesk import begin
from zendesk_handoff.domain.session import Step
from zendesk_handoff.domain.ticket import Ticket
from zendesk_handoff.store import open_store

NOW = 4e9
CLAIM = {"now": NOW, "again_at": NOW + 15, "limit": 9}
TICKET = Ticket({"subject": "Refund für 王 小明 🙂"}, ("a",), {"36": "10234"})


async def connected(store, sender="jo"):
    session = await begin(store, sender, ticket=TICKET)
    return await store.sessions.connect(session.id, has_ticket_to_set=True)


async def ids(store, connectors=("support",), **values):
    claimed = await store.tickets.claim(connectors, **{**CLAIM, **values})
    return [each.id for each in claimed]


async def test_a_session_keeps_its_ticket(store):
    session = await connected(store)
    assert Ticket.from_json(session.ticket) == TICKET
    before = await request_session(store, "somebody")
    assert before.ticket is None


async def test_a_ticket_is_claimed_by_one_process_at_a_time(store, url):
    session = await connected(store)
    async with await open_store(url) as other:
        assert await ids(store) == [session.id]
        assert await ids(other) == []
        assert await ids(other, now=NOW + 14) == []
        assert await ids(other, now=NOW + 15, again_at=NOW + 30) == [session.id]
        await other.tickets.finish(session.id, claimed_until=NOW + 30)
    assert await ids(store, now=NOW + 99) == []


async def test_what_is_added_while_a_ticket_is_set_stays_due(store):
    session = await connected(store)
    assert await ids(store) == [session.id]
    await store.ratings.rate(session.id, 4, sets_tag=True)
    await store.tickets.finish(session.id, claimed_until=NOW + 15)
    assert await ids(store) == [session.id]
    [tag] = set(Ticket.from_json((await store.sessions.get(session.id)).ticket).tags) - {"a"}
    assert tag == "rasa_rating_4"


async def test_only_those_that_can_be_set_are_claimed(store):
    await connected(store)
    await request_session(store, "somebody", connected=True)
    assert await ids(store, ("other",)) == []
    assert await ids(store, ()) == []
    assert len(await ids(store)) == 1


async def test_as_many_as_wanted(store):
    sessions = {(await connected(store, f"user {number}")).id for number in range(3)}
    first = await ids(store, limit=2)
    assert len(first) == 2
    assert {*first, *await ids(store, limit=2)} == sessions


async def test_nothing_of_it_is_left_after_an_erasure(store):
    session = await connected(store)
    await store.sessions.finish_step(session.id, Step.CONVERSATION, conversation_id="c1")
    assert await store.personal_data.erase_removed("support", conversation_ids=["c1"])
    assert (await store.sessions.get(session.id)).ticket is None
    assert await ids(store) == []
