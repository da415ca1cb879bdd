"""Users on the phone, to whom no agent can write."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.support.store import request_session
from zendesk_handoff.channels.adapters.voice import VoiceAdapter
from zendesk_handoff.domain.session import State
from zendesk_handoff.rasa.bot import Bot
from zendesk_handoff.rasa.in_hand import InHand
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Settings


class PhoneInput:
    """A voice channel under a name of the bot's own."""

    handoff_adapter = VoiceAdapter

    @classmethod
    def name(cls):
        return "phone"


@pytest.fixture
async def runtime(store):
    app = SimpleNamespace(ctx=SimpleNamespace(input_channels=[PhoneInput()]))
    made = Runtime(store, Settings("https://bot.example.com", {}), Bot(app, InHand(store.signals)))
    yield made
    await made.stop()


def test_the_sentence_is_there_at_the_start(runtime):
    [sentence] = runtime.channels.limitations()["PhoneInput"]
    assert "an agent in Zendesk cannot write to them" in sentence


@pytest.mark.parametrize(("channel", "is_admitted"), [("phone", False), ("rest", True), ("", True)])
async def test_a_caller_is_not_handed_over(store, runtime, channel, is_admitted):
    session = await request_session(store, f"caller on {channel}", channel=channel)
    assert session.state is State.REQUESTED
    assert runtime._admit(session) is is_admitted
