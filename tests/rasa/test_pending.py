"""What waits for a user's next request: it comes once, in order, and nothing blocks it for good."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel

from zendesk_handoff.domain.messages import CANNOT_SHOW
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa import pending
from zendesk_handoff.rasa.pending import deliver_pending
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import pending_messages


class Push(OutputChannel):
    """Takes texts, after a while, and refuses a part of some messages."""

    def __init__(self, refuses=()):
        self.shown = []
        self.refuses = set(refuses)
        self.takes = 0.0

    async def send_response(self, recipient_id, message):
        if self.refuses & set(message):
            raise ValueError("400 Bad Request")
        await asyncio.sleep(self.takes)
        self.shown.append(message["text"])


async def test_of_two_answers_at_once_only_one_is_given_a_message(store, url):
    async with await open_store(url) as other:
        for number in range(30):
            sender = f"user {number}"
            await store.pending.add(sender, {"text": "once"})
            places = (store, other) if number % 2 else (store, store)
            given = await asyncio.gather(*(place.pending.claim(sender) for place in places))
            assert sum(map(len, given)) == 1


@pytest.mark.parametrize("refuses", [{"image"}, {"image", "attachment"}])
async def test_what_a_channel_never_takes_does_not_keep_the_rest_waiting(store, refuses):
    output = Push(refuses)
    await store.pending.add("user", {"text": "Ana: label", "image": "https://files.example/1.png"})
    await store.pending.add("user", {"text": "Ana: did you get it?"})
    for _ in range(3):
        await deliver_pending(store, "user", output)
        assert output.shown == [], "it may yet take it"
    await deliver_pending(store, "user", output)
    assert output.shown == ["Ana: label https://files.example/1.png", "Ana: did you get it?"]
    assert not await store.pending.has("user")


async def test_words_that_a_channel_never_takes_are_owned_up_to(store):
    class Strict(Push):
        async def send_response(self, recipient_id, message):
            if len(message["text"]) > 100:
                raise ValueError("too long")
            await super().send_response(recipient_id, message)

    output = Strict()
    await store.pending.add("user", {"text": "x" * 101})
    await store.pending.add("user", {"text": "next"})
    for _ in range(4):
        await deliver_pending(store, "user", output)
    assert output.shown == [CANNOT_SHOW, "next"]


async def test_a_channel_that_is_down_loses_nothing(store):
    output = Push({"text"})
    await store.pending.add("user", {"text": "one"})
    await store.pending.add("user", {"text": "two"})
    for _ in range(6):
        await deliver_pending(store, "user", output)
    output.refuses.clear()
    await deliver_pending(store, "user", output)
    assert output.shown == ["one", "two"]


async def test_a_request_that_was_given_up_leaves_the_rest_for_the_next(store):
    output = Push()
    output.takes = 60
    await store.pending.add("user", {"text": "one"})
    await store.pending.add("user", {"text": "two"})
    giving = asyncio.create_task(deliver_pending(store, "user", output))
    await asyncio.sleep(0.2)
    assert not await store.pending.has("user"), "it is being given just now"
    giving.cancel()
    await asyncio.gather(giving, return_exceptions=True)
    output.takes = 0
    await deliver_pending(store, "user", output)
    assert output.shown == ["one", "two"]


class Callback(CollectingOutputChannel):
    """Sends on what it collects, as Rasa's ``callback`` does."""

    def __init__(self):
        super().__init__()
        self.shown = []

    async def _persist_message(self, message):
        self.shown.append(message["text"])


@pytest.mark.parametrize("output", [Push(), Callback()])
async def test_what_a_channel_has_sent_by_itself_does_not_wait_for_an_answer(store, output):
    """A channel that pushes has sent it, whatever becomes of the request under way."""
    output.shown.clear()
    answer = pending._Answer()
    token = pending._answer.set(answer)
    try:
        await store.pending.add("user", {"text": "only once"})
        await deliver_pending(store, "user", output)
    finally:
        pending._answer.reset(token)
    assert output.shown == ["only once"]
    assert answer.ids == []
    assert not await store.pending.has("user")


async def test_what_is_collected_for_an_answer_waits_for_it(store):
    output, answer = CollectingOutputChannel(), pending._Answer()
    token = pending._answer.set(answer)
    try:
        await store.pending.add("user", {"text": "one"})
        await deliver_pending(store, "user", output)
    finally:
        pending._answer.reset(token)
    assert len(answer.ids) == 1
    await pending._settle(store, answer.ids, is_read=False)
    assert [each.body["text"] for each in await store.pending.claim("user")] == ["one"]


async def test_nothing_overtakes_what_another_answer_holds(store, url):
    async with await open_store(url) as other:
        await store.pending.add("user", {"text": "one"})
        assert len(await store.pending.claim("user")) == 1  # and this server dies
        await other.pending.add("user", {"text": "two"})
        assert await other.pending.claim("user") == []
        long_ago = (
            sa.update(pending_messages)
            .where(pending_messages.c.claimed_at.is_not(None))
            .values(claimed_at=1)
        )
        await other.database.write(lambda connection: connection.execute(long_ago).rowcount)
        assert [each.body["text"] for each in await other.pending.claim("user")] == ["one", "two"]


async def test_a_store_that_is_away_is_asked_again(store, monkeypatch):
    monkeypatch.setattr(pending, "_AGAIN", 0.01)
    await store.pending.add("user", {"text": "one"})
    ids = [each.id for each in await store.pending.claim("user")]
    mark, answers = (
        store.pending.mark_delivered,
        iter([StoreUnavailable("away"), StoreUnavailable("away")]),
    )

    async def goes(given):
        error = next(answers, None)
        if error:
            raise error
        await mark(given)

    monkeypatch.setattr(store.pending, "mark_delivered", goes)
    await asyncio.wait_for(pending._settle(store, ids, is_read=True), 5)
    assert await store.pending.claim("user") == []
    assert not await store.pending.has("user")
