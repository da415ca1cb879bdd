"""Conversations read from events whose values nobody has checked."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.dialogue import dialogue_from_events
from zendesk_handoff.summary import summarize


def nested(levels, *, in_mappings=False):
    value = "10234"
    for _ in range(levels):
        value = {"deeper": value} if in_mappings else [value]
    return value


@pytest.mark.parametrize("in_mappings", [False, True])
@pytest.mark.parametrize("levels", [30, 450, 900])
def test_a_slot_that_is_nested_without_end_leaves_the_summary_whole(levels, in_mappings):
    events = [{"event": "user", "text": "My parcel has not come", "parse_data": {}}]
    slots = {"order": nested(levels, in_mappings=in_mappings), "city": "Bern"}
    dialogue = dialogue_from_events(events, slots=slots)
    assert set(dialogue.slots) == {"city"}
    assert "Bern" in summarize(dialogue, reason="Asked for a person.")


@pytest.mark.parametrize("value", ["10234", ["10234", "10235"], {"id": ["10234"]}, nested(10)])
def test_values_as_bots_have_them_are_kept(value):
    assert dialogue_from_events([], slots={"order": value}).slots == {"order": value}
