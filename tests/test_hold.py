"""What waits for a user's next request: it comes once, in order, and nothing blocks it for good."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.channels.channel import OutputChannel

from channels.hold import give_held
from zendesk_handoff.agent_message import CANNOT_SHOW
from zendesk_handoff.store import open_store


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
            await store.held.add(sender, {"text": "once"})
            places = (store, other) if number % 2 else (store, store)
            given = await asyncio.gather(*(place.held.give(sender) for place in places))
            assert sum(map(len, given)) == 1


@pytest.mark.parametrize("refuses", [{"image"}, {"image", "attachment"}])
async def test_what_a_channel_never_takes_does_not_keep_the_rest_waiting(store, refuses):
    output = Push(refuses)
    await store.held.add("user", {"text": "Ana: label", "image": "https://files.example/1.png"})
    await store.held.add("user", {"text": "Ana: did you get it?"})
    for _ in range(3):
        await give_held(store, "user", output)
        assert output.shown == [], "it may yet take it"
    await give_held(store, "user", output)
    assert output.shown == ["Ana: label https://files.example/1.png", "Ana: did you get it?"]
    assert not await store.held.has("user")


async def test_words_that_a_channel_never_takes_are_owned_up_to(store):
    class Strict(Push):
        async def send_response(self, recipient_id, message):
            if len(message["text"]) > 100:
                raise ValueError("too long")
            await super().send_response(recipient_id, message)

    output = Strict()
    await store.held.add("user", {"text": "x" * 101})
    await store.held.add("user", {"text": "next"})
    for _ in range(4):
        await give_held(store, "user", output)
    assert output.shown == [CANNOT_SHOW, "next"]


async def test_a_channel_that_is_down_loses_nothing(store):
    output = Push({"text"})
    await store.held.add("user", {"text": "one"})
    await store.held.add("user", {"text": "two"})
    for _ in range(6):
        await give_held(store, "user", output)
    output.refuses.clear()
    await give_held(store, "user", output)
    assert output.shown == ["one", "two"]


async def test_a_request_that_was_given_up_leaves_the_rest_for_the_next(store):
    output = Push()
    output.takes = 60
    await store.held.add("user", {"text": "one"})
    await store.held.add("user", {"text": "two"})
    giving = asyncio.create_task(give_held(store, "user", output))
    await asyncio.sleep(0.2)
    assert not await store.held.has("user"), "it is being given just now"
    giving.cancel()
    await asyncio.gather(giving, return_exceptions=True)
    output.takes = 0
    await give_held(store, "user", output)
    assert output.shown == ["one", "two"]
