"""Agents' words are shown literally: pushed, in words after a refusal, or as pending messages."""

from __future__ import annotations

from typing import ClassVar

import pytest
from rasa.core.channels.channel import CollectingOutputChannel

from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import ChannelAdapter, Receipt
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.delivery import with_literal_values
from zendesk_handoff.rasa.pending import PullOutput, deliver_pending

MESSAGE = AgentMessage("1", "Mo*", "agent", "text", "*not bold*")
WRITTEN = "Mo+: +not bold+"


class Marked(ChannelAdapter):
    limits: ClassVar[Limits] = Limits(image=MediaLimit())

    def __init__(self):
        super().__init__(None)
        self.sent = []
        self.refuses = ()

    def literal(self, text):
        return text.replace("*", "+")

    def literal_value(self, text):
        return text.replace("*", "#")

    def as_literal(self, message):
        return {**message, "mrkdwn": False}

    async def send(self, recipient_id, address, message, *, key):
        if self.refuses and set(self.refuses) & set(message):
            raise NotDelivered("not this", may_repeat=False)
        self.sent.append(message)
        return Receipt()


async def test_pushed():
    adapter = Marked()
    await ChannelOutput(adapter, "marked", {}).send_agent_message("user", MESSAGE, key="k")
    assert adapter.sent == [{"text": WRITTEN, "mrkdwn": False}]


async def test_a_designers_response_keeps_its_markup():
    adapter = Marked()
    await ChannelOutput(adapter, "marked", {}).send_response("user", {"text": "*bold*"})
    assert adapter.sent == [{"text": "*bold*"}]


async def test_in_words_after_a_refusal():
    adapter = Marked()
    adapter.refuses = ("image",)
    picture = AgentMessage("1", "", "agent", "image", "", media_url="https://files.example/1.png")
    await ChannelOutput(adapter, "marked", {}).send_agent_message("user", picture, key="k")
    assert adapter.sent == [{"text": "https://files.example/1.png", "mrkdwn": False}]


async def test_as_a_pending_message(store):
    adapter = Marked()
    await PullOutput(store).send_agent_message("user", MESSAGE, key="k")
    await store.pending.add("user", {"text": "*bold*"})
    await deliver_pending(store, "user", ChannelOutput(adapter, "marked", {}), channel="rest")
    assert adapter.sent == [{"text": WRITTEN, "mrkdwn": False}, {"text": "*bold*"}]


async def test_a_channel_that_is_not_ours_gets_what_rasa_knows(store):
    class Strict(CollectingOutputChannel):
        async def send_text_message(self, recipient_id, text):
            await super().send_text_message(recipient_id, text)

    output = Strict()
    await PullOutput(store).send_agent_message("user", MESSAGE, key="k")
    await deliver_pending(store, "user", output, channel="rest")
    assert [each["text"] for each in output.messages] == ["Mo*: *not bold*"]


async def test_in_the_response_to_a_request(store):
    output, waiting = CollectingOutputChannel(), PullOutput(store)
    await waiting.send_agent_message("user", MESSAGE, key="k")
    await waiting.send_response("user", with_literal_values(waiting, RESPONSE, ["Mo*"]))
    await store.pending.add("user", {"text": "*bold*"})
    await deliver_pending(store, "user", output, channel="rest", collector=Marked())
    heard = [each["text"] for each in output.messages]
    assert heard == [WRITTEN, "*Good news:* Mo# is here.", "*bold*"]


async def test_words_that_cannot_be_written_do_not_keep_others_back(store):
    class Broken(Marked):
        def literal(self, text):
            raise ValueError("not for me")

    output = CollectingOutputChannel()
    await PullOutput(store).send_agent_message("user", MESSAGE, key="k")
    await store.pending.add("user", {"text": "later"})
    for _ in range(4):
        await deliver_pending(store, "user", output, channel="rest", collector=Broken())
    assert [each["text"] for each in output.messages] == [CANNOT_SHOW, "later"]


async def test_as_a_pending_message_after_a_refusal(store):
    adapter = Marked()
    adapter.refuses = ("text",)
    output = ChannelOutput(adapter, "marked", {})
    with pytest.raises(NotDelivered) as raised:
        await output.send_agent_message("user", MESSAGE, key="k")
    for part in raised.value.undelivered:
        await store.pending.add("user", part)
    adapter.refuses = ()
    await deliver_pending(store, "user", output, channel="rest")
    assert adapter.sent == [{"text": WRITTEN, "mrkdwn": False}]


async def test_after_a_refusal_on_another_channel(store):
    class Plain(Marked):
        def literal(self, text):
            return text

    refusing, plain = Marked(), Plain()
    refusing.refuses = ("text",)
    with pytest.raises(NotDelivered) as raised:
        output = ChannelOutput(refusing, "marked", {})
        await output.send_agent_message("user", MESSAGE, key="k")
    for part in raised.value.undelivered:
        await store.pending.add("user", part)
    await deliver_pending(store, "user", ChannelOutput(plain, "plain", {}), channel="rest")
    assert [each["text"] for each in plain.sent] == ["Mo*: *not bold*"]


RESPONSE = {"text": "*Good news:* Mo* is here."}


async def test_a_name_in_a_response():
    adapter = Marked()
    output = ChannelOutput(adapter, "marked", {})
    sent = with_literal_values(output, RESPONSE, ["Mo*", ""])
    await output.send_response("user", sent)
    assert adapter.sent == [{"text": "*Good news:* Mo# is here."}]


async def test_a_name_in_a_response_that_waits(store):
    adapter, waiting = Marked(), PullOutput(store)
    sent = with_literal_values(waiting, RESPONSE, ["Mo*"])
    for _ in range(2):
        await waiting.send_once("user", sent, key="k")
    await deliver_pending(store, "user", ChannelOutput(adapter, "marked", {}), channel="rest")
    assert adapter.sent == [{"text": "*Good news:* Mo# is here."}]
    stock = CollectingOutputChannel()
    await waiting.send_response("user", sent)
    await deliver_pending(store, "user", stock, channel="rest")
    assert [each["text"] for each in stock.messages] == [RESPONSE["text"]]
