"""Pushed messages behind pending ones that the user's channel does not take."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage

from tests.support.store import inbox_entry, request_session
from zendesk_handoff.domain.limits import Limits
from zendesk_handoff.domain.messages import CANNOT_SHOW, AgentMessage
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import ChannelAdapter, Receipt
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.rasa.channels import Channels
from zendesk_handoff.rasa.delivery import UserOutput
from zendesk_handoff.rasa.places import deliver_to_place
from zendesk_handoff.rasa.progress import SessionProgress


class Platform(ChannelAdapter):
    """A platform that takes messages of ten characters, and reports later."""

    limits = Limits(text=10)

    def __init__(self):
        super().__init__(None)
        self.sent, self.failure = [], None

    async def send(self, recipient_id, address, message, *, key):
        if self.failure is not None:
            raise self.failure
        self.sent.append((message["text"], key))
        return Receipt(is_confirmed=False, reference=f"r{len(self.sent)}")


@pytest.fixture
async def talk(store):
    session = await request_session(store, conversation="c1", connected=True)
    platform = Platform()

    async def output(_session, *, progress=None):
        return ChannelOutput(platform, "late", {}, progress=progress)

    bot = SimpleNamespace(channels=SimpleNamespace(output=output))
    made = SimpleNamespace(store=store, session=session, platform=platform)
    user_output = UserOutput(store, bot)

    async def push(text, number=1):
        await store.inbox.add([inbox_entry(session.id, f"e{number}", f"m{number}")])
        event = (await store.inbox.waiting(session.id))[-1]
        message = AgentMessage(f"m{number}", "", "a", "text", text)

        async def send(channel):
            await channel.send_agent_message(session.sender_id, message, key=f"k{number}")

        return await user_output.push(session, send, key=f"k{number}", event_id=event.id)

    async def output_of(*, key, event_id):
        progress = SessionProgress(store, session.id, "rest", event_id=event_id, key=key)
        return await output(session, progress=progress)

    made.push, made.user_output, made.output = push, user_output, output_of
    return made


async def undelivered(talk, text, number):
    with pytest.raises(NotDelivered) as caught:
        await talk.push(text, number)
    return caught.value


async def test_nothing_is_sent_into_a_closed_channel(talk):
    assert not await talk.push("first")
    await talk.store.deliveries.fail("rest", "r1", reason="the window", is_closed=True)
    refusal = await undelivered(talk, "second in two parts", 2)
    assert (refusal.reason, refusal.may_repeat) == ("the window", False)
    assert refusal.undelivered == [], "the whole message"
    assert [text for text, _ in talk.platform.sent] == ["first"]


async def test_an_open_channel_gets_the_refused_message_again_and_may_refuse_it_again(talk):
    assert not await talk.push("first")
    await talk.store.deliveries.fail("rest", "r1", reason="off")
    assert not await talk.push("second", 2)
    assert [text for text, _ in talk.platform.sent] == ["first", "first", "second"]
    again = await talk.store.deliveries.fail("rest", "r2", reason="off")
    assert again is not None and not again.is_news, "the agent knows"
    (pending,) = await talk.store.pending.claim(talk.session.sender_id, talk.session.channel)
    assert pending.body["text"] == "first"
    settled = await talk.store.deliveries.fail("rest", "r3", reason="off")
    assert settled.is_news, "it is another message"


@pytest.mark.parametrize("may_repeat", [True, False])
async def test_a_message_does_not_pass_one_that_is_not_taken(talk, may_repeat):
    await talk.store.pending.add(talk.session.sender_id, {"text": "before"})
    talk.platform.failure = NotDelivered("busy", may_repeat=may_repeat)
    refusal = await undelivered(talk, "after", 1)
    assert (refusal.reason, refusal.may_repeat) == ("busy", may_repeat)
    assert talk.platform.sent == []


async def test_pieces_in_words_that_were_taken_are_not_sent_again(talk):
    """The form is refused, the first piece taken, the second one answered with 429."""
    buttons = [{"title": "Fünf Bäume", "payload": "5"}, {"title": "Zehn Bäume", "payload": "10"}]
    busy = [NotDelivered("not this", may_repeat=False), None, NotDelivered("429", may_repeat=True)]

    async def send(recipient_id, address, message, *, key):
        failure = busy.pop(0) if busy else None
        if failure is not None:
            raise failure
        talk.platform.sent.append((message["text"], key))
        return Receipt(is_confirmed=False, reference=f"r{len(talk.platform.sent)}")

    talk.platform.send = send
    talk.platform.limits = Limits(text=12, buttons=2)
    output = await talk.output(key="k1", event_id=None)
    message = {"text": "Wie viele?", "buttons": buttons}
    with pytest.raises(NotDelivered):
        await output.send_once("user", message, key="k1")
    await output.send_once("user", message, key="k1")
    assert len(talk.platform.sent) == 4
    said = " ".join(text for text, _ in talk.platform.sent)
    assert "".join(said.split()) == "Wieviele?1.FünfBäume2.ZehnBäume"
    for number in range(1, 5):
        assert await talk.store.deliveries.confirm("rest", f"r{number}"), "each has its reference"


async def test_of_a_bots_message_only_what_was_refused_is_pending(talk):
    taken = talk.platform.send

    async def send(recipient_id, address, message, *, key):
        if "part" in message["text"]:
            raise NotDelivered("not this", may_repeat=False)
        return await taken(recipient_id, address, message, key=key)

    talk.platform.send = send

    async def say(output):
        await output.send_once(talk.session.sender_id, {"text": "The first part two"}, key="k1")

    await talk.user_output.send(talk.session, say, key="k1")
    assert [text for text, _ in talk.platform.sent] == ["The first"]
    pending = await talk.store.pending.claim(talk.session.sender_id, talk.session.channel)
    assert [each.body["text"] for each in pending] == ["part two"]


async def test_a_confirmation_is_not_made_up_for_parts_that_confirm_nothing(talk):
    """A channel that nobody knows has taken two parts, and reports nothing."""

    async def send(recipient_id, address, message, *, key):
        return Receipt(is_confirmed=False)

    talk.platform.send = send
    assert not await talk.push("first second third")
    (event,) = await talk.store.inbox.waiting(talk.session.id)
    assert not await talk.store.inbox.finish(event, is_confirmed=False)


class Paragraphs(OutputChannel):
    """Makes a message of each paragraph, as Rasa's channels do, and fails once at the second."""

    def __init__(self):
        super().__init__()
        self.sent, self.failing = [], 1

    async def send_text_message(self, recipient_id, text, **kwargs):
        for each in text.strip().split("\n\n"):
            if each.startswith("B") and self.failing:
                self.failing -= 1
                raise ConnectionError("reset")
            self.sent.append(each)


class Nobodys(InputChannel):
    """A channel without an adapter."""

    def __init__(self):
        self.output = Paragraphs()

    def get_output_channel(self):
        return self.output

    @classmethod
    def name(cls):
        return "rest"


async def test_a_paragraph_that_a_custom_channel_has_taken_is_not_sent_again(talk):
    channel = Nobodys()
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[channel]))
    progress = SessionProgress(talk.store, talk.session.id, "rest", key="k1")
    message = AgentMessage("m1", "", "a", "text", "A\n\nB, with a line\nmore\n\n\n\nC")
    for _ in range(2):
        output = ChannelOutput(Channels(app).adapter("rest"), "rest", {}, progress=progress)
        with suppress(NotDelivered):
            await output.send_agent_message("user", message, key="k1")
    assert channel.output.sent == ["A", "B, with a line\nmore", "C"]


async def test_nor_is_one_that_has_waited_for_the_user(talk):
    channel = Nobodys()
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[channel]))
    channels, sender = Channels(app), talk.session.sender_id
    await talk.store.pending.add(sender, {"text": "A\n\nB\n\nC", "by_agent": True})
    for _ in range(2):
        message = UserMessage("hello", channel.output, sender, input_channel="rest")
        await deliver_to_place(talk.store, channels, message, talk.session)
    assert channel.output.sent == ["A", "B", "C"]


async def test_an_error_of_a_custom_channel_blocks_no_later_message(talk, monkeypatch):
    channel = Nobodys()
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[channel]))
    channels, sender = Channels(app), talk.session.sender_id
    sends = channel.output.send_text_message

    async def send(recipient_id, text, **kwargs):
        if text == "not this":
            raise ValueError("quotes it")
        await sends(recipient_id, text)

    monkeypatch.setattr(channel.output, "send_text_message", send)
    for text in ("not this", "C"):
        await talk.store.pending.add(sender, {"text": text, "by_agent": True})
    for _ in range(4):
        message = UserMessage("hello", channel.output, sender, input_channel="rest")
        await deliver_to_place(talk.store, channels, message, talk.session)
    assert channel.output.sent == [CANNOT_SHOW, "C"]
