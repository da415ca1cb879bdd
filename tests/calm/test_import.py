"""The command generator's import on both Rasas."""

from __future__ import annotations

import pytest

import zendesk_handoff.calm
from zendesk_handoff.bounds import installed
from zendesk_handoff.errors import UnsupportedEnvironment

SENTENCE = (
    "HandoffCommandGenerator is for CALM bots of Rasa Pro; a bot of intents has "
    "zendesk_handoff.nlu.HandoffRecognizer and zendesk_handoff.policies.FrustrationPolicy"
)


def test_it_is_rasa_pros_alone_and_rasa_open_source_is_told_what_to_use():
    if installed().rasa_pro:
        assert zendesk_handoff.calm.HandoffCommandGenerator.__name__ == "HandoffCommandGenerator"
    else:
        with pytest.raises(UnsupportedEnvironment, match=SENTENCE):
            _ = zendesk_handoff.calm.HandoffCommandGenerator


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'CommandGenerator'"):
        _ = zendesk_handoff.calm.CommandGenerator
