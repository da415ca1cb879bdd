"""The importer and the seam in prediction on Rasa Pro: bots of intents, and coexistence."""

from __future__ import annotations

import pytest
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.importers.importer import TrainingDataImporter

from tests.adopt.shapes import write
from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.plan import plan_init
from zendesk_handoff.rasa import prediction

INTENTS = {
    "config.yml": """\
recipe: default.v1
language: en
importers:
- name: zendesk_handoff.HandoffImporter
pipeline:
- name: KeywordIntentClassifier
policies:
- name: RulePolicy
""",
    "domain.yml": "version: '3.1'\nintents: [greet]\nresponses:\n  utter_hi: [{text: Hi.}]\n",
    "data/nlu.yml": "nlu:\n- intent: greet\n  examples: |\n    - hi\n    - hello\n",
    "data/rules.yml": ("rules:\n- rule: hi\n  steps:\n  - intent: greet\n  - action: utter_hi\n"),
}
COEXISTENCE = {
    **INTENTS,
    "config.yml": INTENTS["config.yml"]
    .replace("- name: Keyword", "- name: CompactLLMCommandGenerator\n- name: Keyword")
    .replace("- name: RulePolicy", "- name: FlowPolicy\n- name: RulePolicy"),
    "data/flows.yml": (
        "flows:\n  return_order:\n    description: Return.\n    steps:\n      - action: utter_hi\n"
    ),
}


def importer_of(folder):
    paths = str(folder / "config.yml"), str(folder / "domain.yml"), [str(folder / "data")]
    return TrainingDataImporter.load_from_config(*paths)


def test_a_bot_of_intents_gets_everything(tmp_path):
    importer = importer_of(write(tmp_path, INTENTS))
    domain, stories = importer.get_domain(), importer.get_stories()
    assert "human_handoff" in domain.intents
    assert "action_human_handoff" in domain.user_actions
    assert any("human_handoff" in str(each.events) for each in stories.story_steps)
    names = [each["name"] for each in importer.get_config()["policies"]]
    assert "zendesk_handoff.policies.FrustrationPolicy" in names
    assert importer.get_flows().is_empty()


def test_the_graph_has_the_plugins_ensemble_and_rules(tmp_path):
    config = importer_of(write(tmp_path, INTENTS)).get_config()
    nodes = DefaultV1Recipe().graph_config_for_recipe(config, {}).predict_schema.nodes
    used = {each.uses for each in nodes.values()}
    assert {prediction.HandoffEnsemble, prediction.RulePolicy} <= used


def test_a_coexistence_bot_keeps_its_flows_and_gets_ours(tmp_path):
    folder = write(tmp_path, COEXISTENCE)
    plan = plan_init(folder, SIMULATOR, webchat=False)
    write_all([plan.record, *plan.changes])
    importer = importer_of(folder)
    flows, domain = importer.get_flows(), importer.get_domain()
    flows.validate(domain)
    assert {"return_order", "human_handoff", "pattern_human_handoff"} <= flows.flow_ids
    assert "human_handoff" in domain.intents
    names = [each["name"] for each in importer.get_config()["pipeline"]]
    assert names.index("zendesk_handoff.calm.HandoffCommandGenerator") < names.index(
        "CompactLLMCommandGenerator"
    )
    assert "zendesk_handoff.nlu.HandoffRecognizer" in names


def test_a_bot_with_flows_alone_is_told_to_leave_it_out(tmp_path):
    config = COEXISTENCE["config.yml"].replace("- name: KeywordIntentClassifier\n", "")
    folder = write(tmp_path, {**COEXISTENCE, "config.yml": config})
    with pytest.raises(InvalidConfigException, match="has flows and no intents"):
        importer_of(folder).get_config()
