"""The bot's own rules and stories win; Rasa's RulePolicy finds no contradiction in any shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.bots import (
    actions_after,
    configuration,
    importer_of,
    load_agent,
    rule,
    story,
    train_bot,
    write_bot,
)

FORM = "pizza_form"
REQUEST = "human_handoff"
HAND_OVER, LEAVE = ["action_human_handoff"], ["action_deactivate_loop", "action_human_handoff"]
IN_FORM = ("order", FORM, f"loop:{FORM}")
OWN = ["utter_sorry", "action_list_people"]

#: What the bot has, what it does on the request outside and in its form, how many collisions.
SHAPES = {
    "nothing": ([], HAND_OVER, LEAVE, 0),
    "the same rule": ([rule(REQUEST, *HAND_OVER)], HAND_OVER, LEAVE, 0),
    "a word before": (
        [rule(REQUEST, "utter_sorry", *HAND_OVER)],
        ["utter_sorry", *HAND_OVER],
        ["action_deactivate_loop", "utter_sorry", *HAND_OVER],
        0,
    ),
    "an answer without a handover": ([rule(REQUEST, *OWN)], OWN, [*OWN, FORM], 1),
    "the form holds on": (
        [rule(REQUEST, "utter_sorry", FORM, f"loop:{FORM}", form=FORM)],
        HAND_OVER,
        ["utter_sorry", FORM],
        1,
    ),
    "the form is left otherwise": (
        [rule(REQUEST, "action_deactivate_loop", "loop:", "utter_sorry", *HAND_OVER, form=FORM)],
        HAND_OVER,
        ["action_deactivate_loop", "utter_sorry", *HAND_OVER],
        0,
    ),
    "a story that hands over": (
        [story("greet", "utter_hi", REQUEST, *HAND_OVER)],
        HAND_OVER,
        LEAVE,
        0,
    ),
    "a story that answers otherwise": (
        [story("greet", "utter_hi", REQUEST, *OWN)],
        [],
        LEAVE,
        1,
    ),
    "a story inside the form": (
        [story(*IN_FORM, REQUEST, *LEAVE[:1], "loop:", *HAND_OVER)],
        HAND_OVER,
        LEAVE,
        0,
    ),
    "a story that goes on with the form": (
        [story(*IN_FORM, REQUEST, "utter_sorry", FORM, f"loop:{FORM}")],
        HAND_OVER,
        ["utter_sorry", FORM],
        1,
    ),
    "two ways in the form": (
        [
            story(*IN_FORM, REQUEST, "utter_sorry", FORM, f"loop:{FORM}"),
            story("greet", "utter_hi", *IN_FORM, REQUEST, *OWN, FORM, f"loop:{FORM}"),
        ],
        [],
        [],
        2,
    ),
    "a rule after a question": ([rule("utter_hi", REQUEST, "utter_sorry")], HAND_OVER, LEAVE, 0),
    "a question back": (
        [rule(REQUEST, "utter_sure"), rule("utter_sure", "affirm", *HAND_OVER)],
        ["utter_sure"],
        ["utter_sure", FORM],
        0,
    ),
    "another answer to the offer": (
        [rule("utter_handoff_offer", "affirm", "utter_sorry")],
        HAND_OVER,
        LEAVE,
        0,
    ),
    "a word of the plugin's in a story": (
        [story("greet", "utter_handoff_started", "utter_hi")],
        HAND_OVER,
        LEAVE,
        0,
    ),
    "a checkpoint": (
        [
            {"story": "one", "steps": [{"intent": "greet"}, {"checkpoint": "later"}]},
            {
                "story": "two",
                "steps": [{"checkpoint": "later"}, {"action": "utter_hi"}, {"intent": REQUEST}]
                + [{"action": action} for action in OWN],
            },
        ],
        [],
        OWN,
        1,
    ),
    "one of two intents": (
        [
            {
                "rule": "either",
                "steps": [
                    {"or": [{"intent": REQUEST}, {"intent": "greet"}]},
                    {"action": "utter_hi"},
                ],
            }
        ],
        ["utter_hi"],
        ["utter_hi", FORM],
        1,
    ),
    "an entity": (
        [
            {
                "rule": "about",
                "steps": [{"intent": REQUEST, "entities": ["topic"]}, {"action": "utter_sorry"}],
            }
        ],
        HAND_OVER,
        LEAVE,
        0,
    ),
    "only at the start": (
        [{**rule(REQUEST, "utter_sorry"), "conversation_start": True}],
        ["utter_sorry"],
        LEAVE,
        0,
    ),
}


def bot(folder: Path, own, **options):
    return write_bot(
        folder,
        config=configuration(
            {"name": "RulePolicy", "enable_fallback_prediction": False}, pipeline=[], **options
        ),
        domain={
            "version": "3.1",
            "intents": ["greet", "order", REQUEST, "affirm", "deny"],
            "entities": ["topic"],
            "actions": ["action_list_people"],
            "slots": {
                "size": {
                    "type": "text",
                    "influence_conversation": False,
                    "mappings": [{"type": "from_text", "conditions": [{"active_loop": FORM}]}],
                }
            },
            "forms": {FORM: {"required_slots": ["size", "name"], "ignored_intents": "greet"}},
            "responses": {
                name: [{"text": name}]
                for name in ("utter_hi", "utter_sorry", "utter_sure", "utter_ask_size")
            },
        },
        own={
            "version": "3.1",
            "rules": [
                rule("order", FORM, f"loop:{FORM}"),
                *(each for each in own if "rule" in each),
            ],
            "stories": [each for each in own if "story" in each],
        },
    )


@pytest.mark.parametrize("shape", SHAPES)
async def test_the_bots_own_win(shape, tmp_path):
    own, outside, inside, collisions = SHAPES[shape]
    folder = bot(tmp_path, own)
    assert len(importer_of(folder).collisions()) == collisions
    agent = load_agent(train_bot(folder))
    assert await actions_after(agent, f"/{REQUEST}") == outside
    assert FORM in await actions_after(agent, "/order", sender="in the form")
    assert await actions_after(agent, f"/{REQUEST}", sender="in the form") == inside


async def test_replace_leaves_the_bots_answers_to_the_request_out(tmp_path):
    folder = bot(
        tmp_path, [rule(REQUEST, *OWN), story("greet", "utter_hi", REQUEST, *OWN)], replace=True
    )
    assert importer_of(folder).collisions() == []
    agent = load_agent(train_bot(folder))
    assert await actions_after(agent, f"/{REQUEST}") == HAND_OVER
    assert await actions_after(agent, "/order", f"/{REQUEST}", sender="in the form") == LEAVE


def test_collisions_name_the_place_and_the_cure(tmp_path):
    (found,) = importer_of(bot(tmp_path, [rule(REQUEST, *OWN, name="People")])).collisions()
    assert (found.kind, found.name) == ("rule", "People")
    assert "the rule 'People' in" in found.cause
    assert "own.yml" in found.cause
    assert "utter_sorry, action_list_people" in found.cause
    assert "replace: true" in found.cure
