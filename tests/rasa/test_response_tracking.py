"""Pending messages in HTTP responses: delivered once the response has been sent."""

from __future__ import annotations

import asyncio

import pytest
from rasa.core.channels.channel import CollectingOutputChannel, OutputChannel

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.rasa.pending import deliver_pending
from zendesk_handoff.rasa.response_tracking import (
    TrackedResponse,
    confirm_delivery,
    current_response,
)


class Push(OutputChannel):
    """Sends messages by itself."""

    def __init__(self):
        self.shown = []

    async def send_response(self, recipient_id, message):
        self.shown.append(message["text"])


class Callback(CollectingOutputChannel):
    """Sends on the messages that it collects, as Rasa's ``callback`` does."""

    def __init__(self):
        super().__init__()
        self.shown = []

    async def _persist_message(self, message):
        self.shown.append(message["text"])


@pytest.fixture
def response():
    """The response to a request in which the test runs."""
    return TrackedResponse()


async def deliver_within(response, store, output):
    token = current_response.set(response)
    try:
        await deliver_pending(store, "user", output, channel="rest")
    finally:
        current_response.reset(token)


@pytest.mark.parametrize("make_output", [Push, Callback])
async def test_a_pushed_message_is_delivered_before_the_response(store, response, make_output):
    """A channel that pushes has sent it, whatever becomes of the current response."""
    output = make_output()
    await store.pending.add("user", {"text": "only once"})
    await deliver_within(response, store, output)
    assert output.shown == ["only once"]
    assert response.pending_ids == []
    assert not await store.pending.has("user", "rest")


async def test_a_collected_message_is_released_if_the_response_is_not_read(store, response):
    await store.pending.add("user", {"text": "one"})
    await deliver_within(response, store, CollectingOutputChannel())
    assert len(response.pending_ids) == 1
    await confirm_delivery(store, response.pending_ids, is_read=False)
    assert [each.body["text"] for each in await store.pending.claim("user", "rest")] == ["one"]


async def test_a_confirmation_is_retried_until_the_store_answers(store, monkeypatch):
    await store.pending.add("user", {"text": "one"})
    ids = [each.id for each in await store.pending.claim("user", "rest")]
    mark_delivered = store.pending.mark_delivered
    errors = iter([StoreUnavailable("away"), StoreUnavailable("away")])

    async def fails_twice(marked):
        error = next(errors, None)
        if error:
            raise error
        return await mark_delivered(marked)

    monkeypatch.setattr(store.pending, "mark_delivered", fails_twice)
    await asyncio.wait_for(confirm_delivery(store, ids, is_read=True, retry_every=0.01), 5)
    assert await store.pending.claim("user", "rest") == []
    assert not await store.pending.has("user", "rest")
