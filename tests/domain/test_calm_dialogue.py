"""A dialogue of a CALM bot: flows and steps from the stack, and no commands as words."""

from __future__ import annotations

import pytest

from tests.support.names import TEXTS
from zendesk_handoff.domain.dialogue import dialogue_from_events


def flow(name, step="START", kind="regular"):
    return {"frame_id": "A", "flow_id": name, "step_id": step, "frame_type": kind, "type": "flow"}


def asks(slot):
    return {
        "frame_id": "B",
        "flow_id": "pattern_collect_information",
        "step_id": "ask_collect",
        "collect": slot,
        "utter": f"utter_ask_{slot}",
        "type": "pattern_collect_information",
    }


def says(text, *commands):
    parsed = {"intent": {"name": None}, "entities": [], "commands": list(commands)}
    return {"event": "user", "text": text, "parse_data": parsed}


def bot(text, action=None, **data):
    return {"event": "bot", "text": text, "data": data, "metadata": {"utter_action": action}}


HANDOVER = flow("human_handoff", "0_action_handoff_metric", "interrupt")


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ([], (None, None)),
        ([flow("return_order")], ("return_order", None)),
        ([flow("return_order"), asks("reason")], ("return_order", "reason")),
        ([flow("return_order"), asks("reason"), HANDOVER], ("return_order", "reason")),
        ([flow("return_order"), flow("check_age", kind="call"), asks("age")], ("check_age", "age")),
        ([flow("return_order"), asks("reason"), flow("weather")], ("weather", None)),
        ([HANDOVER], (None, None)),
        (
            [
                flow("return_order"),
                asks("reason"),
                flow("human_handoff_offer"),
                asks("handoff_accepted"),
            ],
            ("return_order", "reason"),
        ),
        ([flow("pattern_human_handoff")], (None, None)),
        ([asks("reason")], (None, None)),
        ([flow(text) for text in TEXTS], (TEXTS[-1], None)),
    ],
)
def test_where_the_flow_stood(stack, expected):
    dialogue = dialogue_from_events([], stack=stack)
    assert (dialogue.flow, dialogue.flow_step) == expected


@pytest.mark.parametrize("frame", [None, "x", [], {}, {"flow_id": 5}, {"flow_id": None}, 7])
def test_frames_that_cannot_be_read_are_left_out(frame):
    dialogue = dialogue_from_events([], stack=[flow("return_order"), frame])
    assert dialogue.flow == "return_order"


def test_commands_are_no_words_of_the_user():
    events = [
        says("hi", {"command": "start flow", "flow": "return_order"}),
        bot("Why?", buttons=[{"title": "It broke", "payload": "/SetSlots(reason=broken)"}]),
        says("/SetSlots(reason=broken)", {"command": "set slot", "name": "reason"}),
        says("/SetSlots(secret=1)", {"command": "set slot", "name": "secret"}),
        says("/session_start"),
    ]
    assert [turn.text for turn in dialogue_from_events(events).user_turns] == ["hi", "It broke"]


@pytest.mark.parametrize(
    ("command", "action", "is_fallback"),
    [
        ("cannot handle", "utter_custom", True),
        ("error", "utter_custom", True),
        ("start flow", "utter_custom", False),
        ("start flow", "utter_cannot_handle", True),
        ("start flow", "utter_no_relevant_answer_found", True),
        ("start flow", "utter_ask_rephrase", True),
    ],
)
def test_messages_that_calm_did_not_understand(command, action, is_fallback):
    events = [says("qwerty", {"command": command}), bot("Sorry?", action)]
    assert dialogue_from_events(events).turns[-1].fallback is is_fallback


@pytest.mark.parametrize("commands", [None, "cannot handle", {}, [None, 5, {"command": []}]])
def test_commands_that_cannot_be_read_say_nothing(commands):
    event = says("hi")
    event["parse_data"]["commands"] = commands
    dialogue = dialogue_from_events([event, bot("Hello.", "utter_hello")])
    assert [turn.fallback for turn in dialogue.turns] == [False, False]


def test_a_new_session_forgets_that_something_was_not_understood():
    events = [
        says("qwerty", {"command": "cannot handle"}),
        {"event": "session_started"},
        bot("Hello.", "utter_hello"),
    ]
    assert not dialogue_from_events(events).turns[-1].fallback
