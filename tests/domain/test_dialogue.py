"""Conversations read from events whose values nobody has checked."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.dialogue import Entity, dialogue_from_events
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


ODD = [None, "abc", 7, 1.5, True, [1], ["x"], {"a": {"b": 1}}, [{"entity": 5, "value": [1]}]]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("field", ["text", "metadata", "parse_data", "data", "name", "value"])
@pytest.mark.parametrize("kind", ["user", "bot", "action", "slot", "active_loop"])
def test_no_value_of_an_event_keeps_the_conversation_from_being_read(kind, field, value):
    said = {"event": "user", "text": "My parcel has not come", "parse_data": {}}
    answer = {"event": "bot", "text": "Let me see.", "metadata": {}, "data": {}}
    odd = {"event": kind, "text": "words", "metadata": {}, "parse_data": {}, field: value}
    found = dialogue_from_events([odd, said, answer])
    assert [each.text for each in found.turns[-2:]] == [said["text"], answer["text"]]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize(
    ("part", "field"),
    [
        *(("parse_data", each) for each in ("intent", "entities", "commands")),
        *(("data", each) for each in ("buttons", "elements", "quick_replies")),
        ("metadata", "utter_action"),
    ],
)
def test_no_part_of_an_event_does_so_either(part, field, value):
    events = [{"event": kind, "text": "hi", part: {field: value}} for kind in ("user", "bot")]
    assert [each.text for each in dialogue_from_events(events).turns] == ["hi", "hi"]


@pytest.mark.parametrize(
    "data",
    [
        {"buttons": [{"title": "Night train", "payload": "/pick"}]},
        {"quick_replies": [{"title": "Night train", "payload": "/pick"}]},
        {"elements": [{"title": "A", "buttons": [{"title": "Night train", "payload": "/pick"}]}]},
        {"buttons": [{"title": 7, "payload": "/pick"}]},
    ],
)
def test_a_pressed_button_is_read_by_its_title_wherever_it_stood(data):
    events = [
        {"event": "bot", "text": "Which one?", "data": data},
        {"event": "user", "text": "/pick", "parse_data": {}},
    ]
    assert dialogue_from_events(events).turns[-1].text in {"Night train", "7"}


def test_a_button_of_the_channels_own_is_read_by_the_title_that_came_with_it():
    pressed = {"event": "user", "text": '/pick{"n": 1}', "metadata": {"title": "Night train"}}
    assert dialogue_from_events([pressed]).turns[-1].text == "Night train"


def test_entities_of_one_name_are_told_apart_by_their_roles():
    entities = [
        {"entity": "city", "value": "Berlin", "role": "from"},
        {"entity": "city", "value": "Paris", "role": "to"},
        {"entity": "size", "value": "L", "group": "2"},
        {"entity": "size", "value": "L", "group": "2", "extractor": "another"},
    ]
    event = {"event": "user", "text": "a train", "parse_data": {"entities": entities}}
    found = dialogue_from_events([event])
    assert found.turns[0].entities == (
        Entity("city", "Berlin", "from"),
        Entity("city", "Paris", "to"),
        Entity("size", "L", "2"),
    )
    assert "from city: Berlin; to city: Paris; 2 size: L" in summarize(found, max_words=60)
