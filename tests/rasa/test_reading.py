"""What is asked of an adapter, which may raise, exit or say nothing."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import InputChannel, UserMessage

from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.domain.user_content import UserContent, UserFile
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa import channels
from zendesk_handoff.rasa.adapter import ChannelAdapter
from zendesk_handoff.rasa.channels import Channels


class Asking(ChannelAdapter):
    async def complete(self, message, content):
        if message.text == "exit":
            raise SystemExit
        if message.text == "fail":
            raise NotDelivered("busy", may_repeat=True)
        return UserContent(text=content.text, files=(UserFile(url="https://x.example/1.png"),))


class AskingInput(InputChannel):
    handoff_adapter = Asking

    @classmethod
    def name(cls):
        return "asking"


async def read(text):
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[AskingInput()]))
    return await Channels(app).read(UserMessage(text, None, "u", input_channel="asking"))


async def test_the_answer_is_used():
    content = await read("hello")
    assert (content.text, len(content.files), content.lost) == ("hello", 1, False)


@pytest.mark.parametrize("text", ["fail", "exit"])
async def test_where_it_does_not_answer_the_user_hears_that_something_may_be_missing(text):
    content = await read(text)
    assert (content.text, content.files, content.lost) == (text, (), True)


class Unwilling(ChannelAdapter):
    """Its class attribute says what it does when it is asked."""

    does = "raise"

    def _do(self):
        if self.does == "exit":
            raise SystemExit
        raise RuntimeError

    def default_address(self, recipient_id):
        return {} if recipient_id == "known" else self._do()

    async def is_ready(self):
        self._do()

    async def fetch(self, reference):
        if self.does == "nothing":
            await asyncio.Event().wait()
        self._do()


class UnwillingInput(InputChannel):
    handoff_adapter = Unwilling

    @classmethod
    def name(cls):
        return "unwilling"


@pytest.fixture(params=["raise", "exit"])
def unwilling(request, monkeypatch):
    monkeypatch.setattr(Unwilling, "does", request.param)
    return Channels(SimpleNamespace(ctx=SimpleNamespace(input_channels=[UnwillingInput()])))


@pytest.mark.parametrize("sender", ["known", "unknown"])
async def test_a_channel_that_fails_when_asked_cannot_push(unwilling, sender):
    session = Session("s", "support", "default", sender, "unwilling", State.ACTIVE)
    assert await unwilling.output(session) is None


async def test_a_file_that_is_not_handed_out_is_not_delivered(unwilling):
    with pytest.raises(NotDelivered):
        await unwilling.fetch("unwilling", "a reference")


async def test_a_platform_that_says_nothing_is_not_waited_for(unwilling, monkeypatch):
    monkeypatch.setattr(Unwilling, "does", "nothing")
    monkeypatch.setattr(channels, "_FETCH_TIMEOUT", 0.01)
    with pytest.raises(NotDelivered):
        await unwilling.fetch("unwilling", "a reference")
