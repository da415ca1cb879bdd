"""The checks of a model's contents, on models that are written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from zendesk_handoff.checks.archive import Component, Model, Rule
from zendesk_handoff.checks.finding import Outcome
from zendesk_handoff.checks.model import check_contents


def rule(action, **state):
    before = {"action_name": "action_listen"}
    return Rule([{"user": {"intent": "human_handoff"}, "prev_action": before, **state}], action)


def model(*rules):
    domain = {"intents": ["human_handoff"]}
    policies = [Component("rasa.core.policies.rule_policy.RulePolicy")]
    return Model(Path("x.tar.gz"), "id", None, domain, [], policies, rules)


@pytest.mark.parametrize(
    ("rules", "outcome", "words"),
    [
        ([], Outcome.ERROR, "No rule answers"),
        ([rule("action_human_handoff", active_loop={"name": "f"})], Outcome.ERROR, "No rule"),
        ([rule("utter_sure")], Outcome.WARNING, "with utter_sure first"),
        (
            [rule("utter_b", slots={"vip": [1.0]}), rule("utter_a", slots={"vip": [0.0]})],
            Outcome.WARNING,
            "with utter_a or utter_b first",
        ),
        ([rule("action_human_handoff"), rule("utter_a", slots={"x": [1.0]})], Outcome.FINE, "by a"),
    ],
)
def test_the_rules_that_answer_the_request(rules, outcome, words):
    [found] = [each for each in check_contents(model(*rules)) if each.check.startswith("request")]
    assert found.outcome is outcome
    assert words in found.cause
