"""Delivery of pending messages: once, in order, and none blocks the others for ever."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa
from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.limits import Limits
from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage
from zendesk_handoff.errors import ChannelExit, NotDelivered
from zendesk_handoff.rasa.adapter import ChannelAdapter, Receipt
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.pending import deliver_pending
from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.schema import pending_messages


class Push(OutputChannel):
    """Sends messages, if asked to after a while, and refuses those with certain keys."""

    def __init__(self, refuses=()):
        self.shown = []
        self.refuses = set(refuses)
        self.delay = 0.0
        self.called = asyncio.Event()

    async def send_response(self, recipient_id, message):
        if self.refuses & set(message):
            raise ValueError("400 Bad Request")
        self.called.set()
        await asyncio.sleep(self.delay)
        self.shown.append(message["text"])


class Small(ChannelAdapter):
    """Of a channel whose response holds little."""

    can_push = False
    max_response = 100


class Smaller(Small):
    max_response = 35


async def test_of_two_responses_at_once_only_one_claims_a_message(store, url):
    async with await open_store(url) as other:
        for number in range(30):
            sender = f"user {number}"
            await store.pending.add(sender, {"text": "once"})
            stores = (store, other) if number % 2 else (store, store)
            claimed = await asyncio.gather(*(each.pending.claim(sender, "rest") for each in stores))
            assert sum(map(len, claimed)) == 1


@pytest.mark.parametrize("refuses", [{"image"}, {"image", "attachment"}])
async def test_a_message_that_is_always_refused_is_reduced_to_text_and_links(store, refuses):
    output = Push(refuses)
    await store.pending.add("user", {"text": "Ana: label", "image": "https://files.example/1.png"})
    await store.pending.add("user", {"text": "Ana: did you get it?"})
    for _ in range(3):
        await deliver_pending(store, "user", output, channel="rest")
        assert output.shown == [], "the channel may accept it later"
    await deliver_pending(store, "user", output, channel="rest")
    assert output.shown == ["Ana: label\nhttps://files.example/1.png", "Ana: did you get it?"]
    assert not await store.pending.has("user", "rest")


async def test_what_a_response_does_not_hold_waits_for_the_next_one(store):
    output = Push()
    texts = ["ä" * 40, "b" * 40, "c" * 200, "d"]
    for text in texts:
        await store.pending.add("user", {"text": text})
    for number in (1, 2, 3, 4):
        await deliver_pending(store, "user", output, channel="rest", collector=Small(None))
        assert output.shown == texts[:number], "one is sent, however long it is"


async def test_a_response_holds_as_many_messages_as_fit(store):
    output = Push()
    for text in ("one", "two", "three"):
        await store.pending.add("user", {"text": text})
    await deliver_pending(store, "user", output, channel="rest", collector=Smaller(None))
    assert output.shown == ["one", "two"]
    await deliver_pending(store, "user", output, channel="rest")
    assert output.shown == ["one", "two", "three"]


async def test_a_text_that_is_always_refused_is_replaced_by_a_notice(store):
    class Strict(Push):
        async def send_response(self, recipient_id, message):
            if len(message["text"]) > 100:
                raise ValueError("too long")
            await super().send_response(recipient_id, message)

    output = Strict()
    await store.pending.add("user", {"text": "x" * 101})
    await store.pending.add("user", {"text": "next"})
    for _ in range(4):
        await deliver_pending(store, "user", output, channel="rest")
    assert output.shown == [CANNOT_SHOW, "next"]


async def test_a_channel_that_is_down_loses_nothing(store):
    output = Push({"text"})
    await store.pending.add("user", {"text": "one"})
    await store.pending.add("user", {"text": "two"})
    for _ in range(6):
        await deliver_pending(store, "user", output, channel="rest")
    output.refuses.clear()
    await deliver_pending(store, "user", output, channel="rest")
    assert output.shown == ["one", "two"]


async def test_a_cancelled_request_leaves_its_messages_for_the_next_one(store):
    output = Push()
    output.delay = 60
    await store.pending.add("user", {"text": "one"})
    await store.pending.add("user", {"text": "two"})
    delivery = asyncio.create_task(deliver_pending(store, "user", output, channel="rest"))
    await output.called.wait()
    assert not await store.pending.has("user", "rest"), "they are claimed"
    delivery.cancel()
    await asyncio.gather(delivery, return_exceptions=True)
    output.delay = 0
    await deliver_pending(store, "user", output, channel="rest")
    assert output.shown == ["one", "two"]


async def test_no_message_overtakes_one_that_another_response_has_claimed(store, url):
    async with await open_store(url) as other:
        await store.pending.add("user", {"text": "one"})
        assert len(await store.pending.claim("user", "rest")) == 1  # by a server that dies then
        await other.pending.add("user", {"text": "two"})
        assert await other.pending.claim("user", "rest") == []
        long_ago = (
            sa.update(pending_messages)
            .where(pending_messages.c.claimed_at.is_not(None))
            .values(claimed_at=1)
        )
        await other.database.write(lambda connection: connection.execute(long_ago).rowcount)
        assert [each.body["text"] for each in await other.pending.claim("user", "rest")] == [
            "one",
            "two",
        ]


class Platform(ChannelAdapter):
    """Takes what has one of its forms, unless something else is wrong."""

    def __init__(self, *forms, error=None):
        super().__init__(None)
        self.limits = Limits(text=20, buttons=3, cards=True)
        self.forms, self.error, self.shown = {"text", *forms}, error, []

    async def send(self, recipient_id, address, message, *, key):
        if self.error is not None:
            raise self.error
        if not message.keys() <= self.forms:
            raise NotDelivered("not this", may_repeat=False)
        self.shown.append(message)
        return Receipt()


CARDS = {"elements": [{"title": "Café au lait", "subtitle": "3 €"}], "by_agent": True}
CHOICES = {"text": "Which one?", "buttons": [{"title": "Ja", "payload": "Ja"}], "by_agent": True}


@pytest.mark.parametrize("of_form", [True, False])
@pytest.mark.parametrize("body", [CARDS, CHOICES])
async def test_what_was_refused_for_the_users_sake_is_sent_whole_later(store, body, of_form):
    """A day is over, or the user has blocked the bot: the message is as good as before."""
    shut = NotDelivered("until they write", may_repeat=False, is_of_form=of_form)
    platform = Platform("buttons", "elements", error=shut)
    output = ChannelOutput(platform, "rest", {})
    await store.pending.add("user", body)
    for _ in range(6):
        assert await deliver_pending(store, "user", output, channel="rest")
    platform.error = None
    assert await deliver_pending(store, "user", output, channel="rest") is None
    assert platform.shown == [{name: each for name, each in body.items() if name != "by_agent"}]


@pytest.mark.parametrize(
    ("body", "words"),
    [(CARDS, "Café au lait\n3 €"), (CHOICES, "Which one?\n1. Ja")],
)
async def test_what_a_foreign_channel_always_refuses_is_said_in_words(store, body, words):
    output = Push({"elements", "buttons"})
    await store.pending.add("user", body)
    for _ in range(4):
        await deliver_pending(store, "user", output, channel="rest")
    assert output.shown == [words]


async def test_a_limit_on_the_rate_does_not_replace_an_agents_words(store):
    class Busy(Platform):
        busy = False

        async def send(self, recipient_id, address, message, *, key):
            if self.busy and "custom" not in message:
                raise NotDelivered("429", may_repeat=True)
            if message.get("text") != CANNOT_SHOW and not self.busy:
                raise NotDelivered("not this", may_repeat=False)
            return await super().send(recipient_id, address, message, key=key)

    platform = Busy()
    output = ChannelOutput(platform, "rest", {})
    await store.pending.add("user", CHOICES)
    for platform.busy in (False, False, False, True, True):
        await deliver_pending(store, "user", output, channel="rest")
    assert platform.shown == []
    assert await store.pending.has("user", "rest")


@pytest.mark.parametrize("error", [ConnectionError("reset"), asyncio.TimeoutError()])
async def test_a_lost_connection_is_no_refusal(store, error):
    class Down(Push):
        async def send_response(self, recipient_id, message):
            if len(self.failures) < 5:
                self.failures.append(error)
                raise error
            await super().send_response(recipient_id, message)

    output = Down()
    output.failures = []
    await store.pending.add("user", {"text": "one"})
    for _ in range(6):
        await deliver_pending(store, "user", output, channel="rest")
    assert output.shown == ["one"]


async def test_an_agents_message_of_which_nothing_can_be_shown_is_not_delivered(store):
    output = ChannelOutput(Platform(), "rest", {})
    with pytest.raises(NotDelivered):
        await output.send_agent_message("user", AgentMessage("m", "", "a", "text", " "), key="k")
    with pytest.raises(NotDelivered):
        await output.send_response("user", {"text": "", "by_agent": True})
    await output.send_response("user", {"text": ""})  # a designer's, who wants nothing said


async def test_a_channels_own_cancellation_is_an_error(store):
    class Cancelled(Push):
        async def send_response(self, recipient_id, message):
            raise asyncio.CancelledError

    await store.pending.add("user", {"text": "one"})
    error = await deliver_pending(store, "user", Cancelled(), channel="rest")
    assert isinstance(error, ChannelExit)
    output = ChannelOutput(Platform(error=asyncio.CancelledError()), "rest", {})
    error = await deliver_pending(store, "user", output, channel="rest")
    assert isinstance(error, NotDelivered) and error.may_repeat
    assert await store.pending.has("user", "rest")
