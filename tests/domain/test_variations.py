"""Variations of responses for channels and slots: Rasa's own filter is asked."""

from __future__ import annotations

from itertools import product

import pytest
from rasa.core.nlg.generator import ResponseVariationFilter

from zendesk_handoff.domain.responses import ENDED, default_message, has_words

SLACK, ANY = {"text": "a", "channel": "slack"}, {"text": "b"}
VIP = {"text": "c", "condition": [{"type": "slot", "name": "vip", "value": True}]}
SHOP = {"condition": [{"type": "slot", "name": "workspace", "value": "Shop"}], "text": "d"}
BOTH = {**VIP, "channel": "slack"}
SLOTS = [{}, {"vip": True}, {"vip": False, "workspace": "sHOP"}, {"workspace": 7, "vip": None}]
LISTS = [[], [SLACK], [VIP], [SHOP], [BOTH], [SLACK, VIP], [SLACK, ANY], [BOTH, SHOP]]


@pytest.mark.parametrize(
    ("variations", "channel", "slots"), list(product(LISTS, ["slack", "webchat", ""], SLOTS))
)
def test_there_are_words_where_rasa_says_something(variations, channel, slots):
    rasas = ResponseVariationFilter({"utter_x": variations})
    expected = bool(rasas.responses_for_utter_action("utter_x", channel, slots))
    assert has_words(variations, channel=channel, slots=slots) == expected


@pytest.mark.parametrize("variations", [[VIP], [SHOP, SLACK]])
def test_a_condition_may_be_met_where_the_slots_are_not_known(variations):
    assert has_words(variations, channel="webchat", slots=None)
    assert not has_words([SLACK], channel="webchat", slots=None)


def test_the_end_has_words_for_any_reason():
    assert default_message(f"{ENDED}_agent", "de") == default_message(ENDED, "de")
