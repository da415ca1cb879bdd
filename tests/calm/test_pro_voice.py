"""Every voice channel of Rasa Pro is known as one, and no other channel is."""

from __future__ import annotations

import inspect

import pytest
from rasa.core.channels import input_channel_classes
from rasa.core.channels.inspector import InspectorInputChannel
from rasa.core.channels.voice_stream.voice_channel import VoiceInputChannel

from zendesk_handoff.channels.adapters import ADAPTERS

VOICE = "zendesk_handoff.channels.adapters.voice.VoiceAdapter"
#: Its conversations are written ones; it is made for developers.
TEXT = {InspectorInputChannel}


def adapter_of(kind):
    names = (f"{each.__module__}.{each.__qualname__}" for each in kind.__mro__)
    return next((ADAPTERS[name] for name in names if name in ADAPTERS), None)


def is_voice(kind):
    module = inspect.getmodule(kind).__name__
    return kind not in TEXT and (
        issubclass(kind, VoiceInputChannel) or "voice" in module or module.endswith("vier_cvg")
    )


@pytest.mark.parametrize("kind", input_channel_classes, ids=lambda kind: kind.__name__)
def test_voice_channels_hand_nobody_over(kind):
    assert (adapter_of(kind) == VOICE) is is_voice(kind)


def test_there_are_some():
    assert sum(map(is_voice, input_channel_classes)) > 5
