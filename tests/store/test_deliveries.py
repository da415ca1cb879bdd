"""Parts of messages whose outcome a platform tells later."""

from __future__ import annotations

import asyncio
import itertools

import pytest
import sqlalchemy as sa

from tests.support.store import inbox_entry, request_session
from zendesk_handoff.domain.session import State
from zendesk_handoff.store.engine.schema import inbox


class Talk:
    """A session with an agent's message of some parts."""

    numbers = itertools.count(1)

    def __init__(self, store):
        self.store = store

    async def begin(self):
        self.session = await request_session(self.store, conversation="c1", connected=True)
        assert self.session.state is State.WAITING
        return self

    async def message(self):
        number = next(self.numbers)
        entry = inbox_entry(self.session.id, event_id=f"e{number}", message_id=f"m{number}")
        await self.store.inbox.add([entry])
        return (await self.store.inbox.waiting(self.session.id))[-1]

    async def sends(self, event, *references, **body):
        for part, reference in enumerate(references):
            await self.store.deliveries.record(
                *(self.session.id, f"zendesk:{event.id}", part),
                channel="twilio",
                body={"text": reference, **body},
                event_id=event.id,
                reference=reference,
            )

    async def state(self, event):
        query = sa.select(inbox.c.state).where(inbox.c.id == event.id)
        return (await self.store.database.row(query)).state

    async def notes(self):
        waiting = await self.store.outbox.waiting(self.session.id)
        return [each.body["reason"] for each in waiting if each.body["type"] == "not_delivered"]

    async def pending(self):
        return [
            each.body
            for each in await self.store.pending.claim(self.session.sender_id, self.session.channel)
        ]


@pytest.fixture
async def talk(store):
    return await Talk(store).begin()


async def test_a_message_is_delivered_when_all_of_its_parts_are(talk, store):
    event = await talk.message()
    await talk.sends(event, "a", "b")
    assert not await store.inbox.finish(event, is_confirmed=False)
    assert await talk.state(event) == "sent"
    first = await store.deliveries.confirm("twilio", "a")
    assert not first.is_whole
    second = await store.deliveries.confirm("twilio", "b")
    assert second.is_whole
    assert await talk.state(event) == "done"
    assert await store.deliveries.confirm("twilio", "b") is None
    assert await store.deliveries.confirm("other", "a") is None


@pytest.mark.parametrize("is_delivered", [True, False])
async def test_a_report_may_come_before_the_message_is_recorded_as_sent(talk, store, is_delivered):
    event = await talk.message()
    await talk.sends(event, "a")
    if is_delivered:
        assert not (await store.deliveries.confirm("twilio", "a")).is_whole
    else:
        assert (await store.deliveries.fail("twilio", "a", reason="no")).is_news
    assert await store.inbox.finish(event, is_confirmed=False) is is_delivered
    assert await talk.state(event) == ("done" if is_delivered else "failed")


async def test_parts_that_are_reported_at_once_settle_their_message_once(talk, store):
    for _ in range(5):
        event = await talk.message()
        references = [f"{event.id}-{number}" for number in range(4)]
        await talk.sends(event, *references)
        await store.inbox.finish(event, is_confirmed=False)
        reports = (store.deliveries.confirm("twilio", each) for each in references)
        settled = await asyncio.gather(*reports)
        assert sum(each.is_whole for each in settled) == 1
        assert await talk.state(event) == "done"


async def test_a_refused_message_is_told_once_and_pending_in_its_order(talk, store):
    event = await talk.message()
    await talk.sends(event, "a", "b", "c")
    await store.inbox.finish(event, is_confirmed=False)
    await store.pending.add(talk.session.sender_id, {"text": "later"})
    await store.deliveries.confirm("twilio", "b")
    assert (await store.deliveries.fail("twilio", "c", reason="closed")).is_news
    assert not (await store.deliveries.fail("twilio", "a", reason="closed")).is_news
    assert await store.deliveries.fail("twilio", "a", reason="closed") is None
    assert await talk.notes() == ["closed"]
    assert await talk.pending() == [{"text": "a"}, {"text": "c"}, {"text": "later"}]
    assert await talk.state(event) == "failed"


async def test_a_file_that_is_refused_late_becomes_a_link(talk, store):
    event = await talk.message()
    await talk.sends(event, "a", text=None, image="https://x.example/a.png", by_agent=True)
    await store.deliveries.fail("twilio", "a", reason="unfit", as_words=True)
    assert await talk.pending() == [{"text": "https://x.example/a.png", "by_agent": True}]


async def test_a_closed_way_to_the_user_is_open_again_when_they_write(talk, store):
    event = await talk.message()
    await talk.sends(event, "a", image="https://x.example/a.png")
    await store.deliveries.fail("twilio", "a", reason="the window", is_closed=True)
    assert await store.deliveries.closed(talk.session.id) == "the window"
    await store.deliveries.reopen("somebody else")
    assert await store.deliveries.closed(talk.session.id) == "the window"
    await store.deliveries.reopen(talk.session.sender_id)
    assert await store.deliveries.closed(talk.session.id) is None
    assert await talk.pending() == [{"text": "a", "image": "https://x.example/a.png"}]


async def test_a_refused_message_of_the_bots_is_not_told_as_the_agents(talk, store):
    await store.deliveries.record(
        *(talk.session.id, "joined", 0), channel="twilio", body={"text": "hi"}, reference="a"
    )
    assert not (await store.deliveries.fail("twilio", "a", reason="no")).is_news
    assert await talk.notes() == []
    assert await talk.pending() == [{"text": "hi"}]


async def test_what_was_deleted_meanwhile_does_not_come_back(talk, store):
    event = await talk.message()
    await talk.sends(event, "a")
    await store.inbox.finish(event, is_confirmed=False)
    deleted = sa.update(inbox).where(inbox.c.id == event.id)
    body = {**event.body, "is_deleted": True}
    await store.database.write(lambda connection: connection.execute(deleted.values(body=body)))
    await store.deliveries.fail("twilio", "a", reason="no")
    assert await talk.pending() == []


async def test_only_recent_parts_without_an_outcome_are_asked_about(talk, store):
    event = await talk.message()
    await talk.sends(event, "a", "b")
    await store.deliveries.confirm("twilio", "a")
    (found,) = await store.deliveries.unreported(after=0.0, before=1e12)
    assert (found.channel, found.reference) == ("twilio", "b")
    after = found.created_at
    assert await store.deliveries.unreported(after=after + 1, before=1e12) == []
    assert await store.deliveries.unreported(after=0.0, before=after) == []
