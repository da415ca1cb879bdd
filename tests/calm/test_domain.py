"""The flows' file and the domain's additions, as plain data."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from zendesk_handoff.calm.domain import ACCEPTED, ACTIONS, SLOTS, domain_additions
from zendesk_handoff.domain.form_answers import QUESTIONS
from zendesk_handoff.domain.responses import OFFER, languages
from zendesk_handoff.importer import domain as importers
from zendesk_handoff.summary import labels_of

FLOWS = yaml.safe_load(files("zendesk_handoff.calm").joinpath("flows.yml").read_text("utf-8"))
#: Actions and responses that Rasa Pro has itself.
RASAS = {
    "action_handoff_metric",
    "utter_ask_rephrase",
    "utter_cannot_handle",
    "utter_no_relevant_answer_found",
}


def values(node, key):
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for each in node.values():
            yield from values(each, key)
    elif isinstance(node, list):
        for each in node:
            yield from values(each, key)


@pytest.mark.parametrize("language", [*languages(), "pt-BR", None])
def test_the_domain_has_what_the_flows_name(language):
    added = domain_additions(language)
    known = {*added["actions"], *added["responses"], *RASAS}
    assert {*values(FLOWS, "action"), *values(FLOWS, "utter")} <= known
    assert set(values(FLOWS, "collect")) <= set(added["slots"])
    assert set(values(FLOWS, "link")) <= set(FLOWS["flows"])


@pytest.mark.parametrize("language", languages())
def test_the_offer_has_buttons_in_the_bots_language(language):
    buttons = domain_additions(language)["responses"][OFFER][0]["buttons"]
    labels = labels_of(language)
    assert [each["title"].lower() for each in buttons] == [labels.yes, labels.no]
    assert [each["payload"] for each in buttons] == [
        f"/SetSlots({ACCEPTED}=true)",
        f"/SetSlots({ACCEPTED}=false)",
    ]


def test_no_language_model_fills_the_plugins_slots():
    slots = domain_additions()["slots"]
    by_model = [name for name, slot in slots.items() if slot["mappings"][0]["type"] == "from_llm"]
    assert by_model == [ACCEPTED]


def test_a_bot_of_flows_gets_every_slot_that_the_importer_brings_but_those_of_forms():
    assert set(SLOTS) == set(importers.SLOTS) - {"handoff_contact"}
    assert not set(SLOTS) & {slot for slots in QUESTIONS.values() for slot in slots}


def test_a_declined_offer_leaves_no_reason_behind():
    declined = FLOWS["flows"]["human_handoff_offer"]["steps"][0]["next"][-1]["else"]
    assert {"set_slots": [{"handoff_reason": None}]} in declined


def test_both_ways_to_an_agent_count_as_a_handoff_first():
    for flow in ("human_handoff", "pattern_human_handoff"):
        steps = [each["action"] for each in FLOWS["flows"][flow]["steps"]]
        assert steps == ["action_handoff_metric", ACTIONS[0]]


def test_each_call_makes_its_own():
    domain_additions()["responses"][OFFER][0]["buttons"].clear()
    assert domain_additions()["responses"][OFFER][0]["buttons"]
