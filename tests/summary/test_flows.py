"""The summary of a CALM bot's conversation: where the flow stood, and what it had collected."""

from __future__ import annotations

import pytest

from zendesk_handoff.domain.dialogue import Dialogue, Turn
from zendesk_handoff.summary import labels_of, summarize
from zendesk_handoff.summary.labels import languages
from zendesk_handoff.summary.layout import frame

TURNS = (
    Turn("user", "I want to send my order back, the lamp is broken"),
    Turn("bot", "Why do you return it?", action="utter_ask_reason"),
    Turn("user", "get me a human"),
)
#: Those that Rasa Pro sets for itself, with values that no agent has a use for.
RASAS = {
    "flow_hashes": {"return_order": "4f3a"},
    "silence_timeout": 30.0,
    "consecutive_silence_timeouts": 0.0,
    "max_clarification_options": 3.0,
    "route_session_to_calm": True,
    "continue_conversation": True,
    "csat_score": "unsatisfied",
    "handoff_accepted": True,
    "confirm_human_handoff": True,
    "return_value": "x",
}


def dialogue(**values):
    found = {"flow": "return_an-order", "flow_step": "order_reason", **values}
    return Dialogue(turns=TURNS, **found)


@pytest.mark.parametrize("language", languages())
def test_the_line_is_in_the_agents_language(language):
    labels = labels_of(language)
    text = summarize(dialogue(), agent_language=language)
    assert f"{labels.was_in} return an order, {labels.step} order reason" in text.splitlines()


def test_without_a_step_or_a_flow():
    assert "Was in: return an order\n" in summarize(dialogue(flow_step=None))
    assert "Was in" not in summarize(dialogue(flow=None))


def test_the_collected_slots_are_facts_and_rasas_own_are_not():
    text = summarize(dialogue(slots={**RASAS, "order_number": "10234", "gift": False}))
    facts = next(line for line in text.splitlines() if line.startswith("Facts:"))
    assert "order number: 10234" in facts
    assert "gift: no" in facts
    for name in RASAS:
        assert name.replace("_", " ") not in text


def test_the_line_costs_no_other_line():
    with_flow, without = (
        summarize(each).splitlines() for each in (dialogue(), dialogue(flow=None))
    )
    assert [line for line in with_flow if not line.startswith("Was in")] == without


def test_a_language_models_summary_has_it_too():
    text = frame(
        dialogue(), "Wants: a refund", reason="asked", labels=labels_of("en"), max_words=80
    )
    assert "Was in: return an order, step: order reason" in text.splitlines()


def test_a_payment_card_in_a_flows_slot_is_masked():
    text = summarize(dialogue(slots={"card": "4111 1111 1111 1111"}))
    assert "4111 1111" not in text
