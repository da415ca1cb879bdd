"""The seam in Rasa's prediction, by itself; `tests/importer` has it in trained bots."""

from __future__ import annotations

import runpy

import pytest
from rasa.core.policies import rule_policy
from rasa.core.policies.ensemble import DefaultPolicyPredictionEnsemble
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.graph import SchemaNode
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.domain.responses import responses_in
from zendesk_handoff.errors import UnsupportedEnvironment
from zendesk_handoff.rasa import prediction

ACTIONS = ["action_human_handoff", "action_end_handoff"]
DOMAIN = Domain.from_dict(
    {
        "intents": ["greet"],
        "actions": ACTIONS,
        "responses": {**responses_in("en"), "utter_hi": [{"text": "Hi"}]},
    }
)
TRACKER = DialogueStateTracker.from_events("19:abc/def@thread.tacv2;id=1", [], DOMAIN.slots)


def choose(policy, action, *, learnt=()):
    scores = [0.0] * len(DOMAIN.action_names_or_texts)
    scores[DOMAIN.index_for_action("utter_hi")] = 0.2
    scores[DOMAIN.index_for_action(action)] = 0.9
    ensemble = prediction.HandoffEnsemble.create({"learnt": list(learnt)})
    made = PolicyPrediction(scores, policy)
    found = ensemble.combine_predictions_from_kwargs(TRACKER, DOMAIN, policy0=made)
    return DOMAIN.action_names_or_texts[found.max_confidence_index]


@pytest.mark.parametrize("action", [*responses_in(None), *ACTIONS])
@pytest.mark.parametrize("policy", ["TEDPolicy", "UnexpecTEDIntentPolicy", "OwnPolicy"])
def test_what_the_plugin_says_and_does_is_not_guessed(policy, action):
    assert choose(policy, action) == "utter_hi"


@pytest.mark.parametrize(
    "policy",
    ["RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy", "FrustrationPolicy"],
)
def test_what_is_written_down_is_done(policy):
    assert choose(policy, "utter_handoff_offer") == "utter_handoff_offer"
    assert choose(policy, "action_human_handoff") == "action_human_handoff"


def test_what_stories_have_taught_may_be_guessed():
    learnt = ["action_human_handoff"]
    assert choose("TEDPolicy", "action_human_handoff", learnt=learnt) == "action_human_handoff"
    assert choose("TEDPolicy", "action_end_handoff", learnt=learnt) == "utter_hi"


class _OwnEnsemble(DefaultPolicyPredictionEnsemble):
    """A bot's own."""


class _OwnRules(rule_policy.RulePolicy):
    """A bot's own."""


def nodes_with(monkeypatch, config):
    kinds = [
        DefaultPolicyPredictionEnsemble,
        rule_policy.RulePolicy,
        _OwnEnsemble,
        _OwnRules,
    ]
    made = {kind.__qualname__: SchemaNode({}, kind, "load", "x", {"a": 1}) for kind in kinds}
    monkeypatch.setattr(prediction, "_rasa_create_predict_nodes", lambda *_: made)
    return prediction._create_predict_nodes(DefaultV1Recipe(), config, [], {})


def test_the_graph_gets_our_classes_and_keeps_the_bots_own(monkeypatch):
    config = prediction.remember({}, intent="agent_please", learnt=["action_human_handoff"])
    nodes = nodes_with(monkeypatch, config)
    chosen = nodes["DefaultPolicyPredictionEnsemble"]
    assert chosen.uses is prediction.HandoffEnsemble
    assert chosen.config == {"a": 1, "learnt": ["action_human_handoff"]}
    rules = nodes["RulePolicy"]
    assert rules.uses is prediction.RulePolicy
    assert rules.config == {"a": 1, "zendesk_handoff": "agent_please"}
    assert nodes["_OwnEnsemble"].uses is _OwnEnsemble
    assert nodes["_OwnRules"].uses is _OwnRules


@pytest.mark.parametrize(
    ("config", "intent"),
    [
        ({}, "human_handoff"),
        ({"pipeline": [{"name": "nlu.HandoffRecognizer", "intent": "human"}]}, "human"),
        ({"policies": [{"name": "policies.FrustrationPolicy", "intent": "human"}]}, "human"),
        ({"pipeline": None, "policies": [{"name": "TEDPolicy", "intent": "x"}]}, "human_handoff"),
    ],
)
def test_a_bot_without_the_importer_names_its_intent_in_its_lines(monkeypatch, config, intent):
    assert nodes_with(monkeypatch, config)["RulePolicy"].config["zendesk_handoff"] == intent


def test_another_rasa_is_refused(monkeypatch):
    monkeypatch.delattr(DefaultV1Recipe, "_create_predict_nodes")
    with pytest.raises(UnsupportedEnvironment, match="_create_predict_nodes"):
        prediction.register()


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize(
    "module", ["zendesk_handoff.policies.frustration", "zendesk_handoff.nlu.recognizer"]
)
def test_naming_a_component_is_enough(monkeypatch, module):
    registered = dict(DefaultV1Recipe._registered_components)
    monkeypatch.setattr(DefaultV1Recipe, "_registered_components", registered)
    monkeypatch.setattr(
        DefaultV1Recipe, "_create_predict_nodes", prediction._rasa_create_predict_nodes
    )
    runpy.run_module(module)  # imported long ago
    assert DefaultV1Recipe._create_predict_nodes is prediction._create_predict_nodes
