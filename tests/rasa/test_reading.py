"""Reading of users' messages with what the platform tells when it is asked."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from rasa.core.channels.channel import InputChannel, UserMessage

from zendesk_handoff.domain.user_content import UserContent, UserFile
from zendesk_handoff.errors import NotDelivered
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
