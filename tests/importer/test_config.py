"""The plugin's lines in pipelines and policies of every shape."""

from __future__ import annotations

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.events import UserUttered
from rasa.shared.exceptions import InvalidConfigException

from tests.support.bots import IMPORTER, load, write_bot
from zendesk_handoff.importer.config import complete_config
from zendesk_handoff.importer.options import Options, read_options

DEFAULTS = DefaultV1Recipe.complete_config({}, {"pipeline", "policies"})
RECOGNIZER = {"name": "zendesk_handoff.nlu.HandoffRecognizer"}
FRUSTRATION = {"name": "zendesk_handoff.policies.FrustrationPolicy", "mode": "offer"}
RULES = {"name": "RulePolicy", "enable_fallback_prediction": False}
TOKENS, TED = {"name": "WhitespaceTokenizer"}, {"name": "TEDPolicy", "epochs": 3}


@pytest.mark.parametrize("own", [{}, {"pipeline": None, "policies": None}])
def test_an_empty_configuration_gets_rasas_own_defaults(own):
    found = complete_config({"recipe": "default.v1", **own}, Options())
    assert found["pipeline"] == [*DEFAULTS["pipeline"], RECOGNIZER]
    assert found["policies"] == [*DEFAULTS["policies"], FRUSTRATION]


def test_a_line_of_ours_alone_does_not_cost_the_bot_rasas_defaults():
    own = {"name": "policies.FrustrationPolicy", "mode": "escalate", "threshold": 0.7}
    found = complete_config({"pipeline": [RECOGNIZER], "policies": [own]}, Options())
    assert found["pipeline"] == [*DEFAULTS["pipeline"], RECOGNIZER]
    assert found["policies"] == [*DEFAULTS["policies"], own]


def test_own_lines_stay_and_ours_come_behind():
    found = complete_config({"pipeline": [TOKENS], "policies": [TED]}, Options())
    assert found["pipeline"] == [TOKENS, RECOGNIZER]
    assert found["policies"] == [TED, RULES, FRUSTRATION]


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class StrictRules(RulePolicy):
    """A bot's own."""


@pytest.mark.parametrize(
    "name", ["RulePolicy", "rasa.core.policies.rule_policy.RulePolicy", "StrictRules"]
)
def test_a_rule_policy_is_known_by_its_class(name):
    policies = [{"name": name, "core_fallback_threshold": 0.4}]
    assert complete_config({"policies": policies}, Options())["policies"][:-1] == policies


def test_empty_lists_are_a_decision():
    found = complete_config({"pipeline": [], "policies": []}, Options())
    assert (found["pipeline"], found["policies"]) == ([], [])


def test_the_options_decide():
    options = Options(recognizer=False, frustration="off")
    found = complete_config({"pipeline": [TOKENS], "policies": [RULES]}, options)
    assert (found["pipeline"], found["policies"]) == ([TOKENS], [RULES])
    options = Options(intent="agent_please", frustration="escalate")
    found = complete_config({"pipeline": [TOKENS], "policies": [RULES]}, options)
    assert found["pipeline"][-1] == {**RECOGNIZER, "intent": "agent_please"}
    assert found["policies"][-1] == {
        **FRUSTRATION,
        "mode": "escalate",
        "intent": "agent_please",
    }


def test_the_bots_own_configuration_is_not_changed():
    own = {"pipeline": [dict(TOKENS)], "policies": [dict(TED)]}
    complete_config(own, Options())["pipeline"][0]["name"] = "Another"
    assert own == {"pipeline": [TOKENS], "policies": [TED]}


def test_a_graph_recipe_is_refused_with_a_sentence():
    with pytest.raises(InvalidConfigException, match="describes its own graph"):
        complete_config({"recipe": "graph.v1"}, Options())


def bot(folder, config):
    return write_bot(
        folder,
        config=config,
        domain={"version": "3.1", "intents": ["greet", "ask_person"]},
        rules={"version": "3.1", "rules": []},
    )


def test_the_file_is_left_as_it_is_and_nothing_is_left_to_configure(tmp_path):
    text = f"# mine\nlanguage: en\nimporters:\n- name: {IMPORTER}  # theirs\npipeline:\npolicies:\n"
    importer = load(bot(tmp_path, text))
    config, missing, configured = DefaultV1Recipe.auto_configure(
        importer.get_config_file_for_auto_config(), importer.get_config()
    )
    assert configured == set()
    assert missing == {"assistant_id", "recipe"} & missing
    assert config["policies"][-1] == FRUSTRATION
    assert (tmp_path / "config.yml").read_text() == text


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"frustation": "off"}, "did you mean `frustration`"),
        ({"frustration": "loud"}, "must be `offer`, `escalate` or `off`"),
        ({"recognizer": "no"}, "must be `true` or `false`"),
        ({"importers": [{"path": "x"}]}, "each with its `name`"),
        ({"importers": [IMPORTER]}, "names the importer itself"),
    ],
)
def test_a_wrong_option_is_an_error(block, words, tmp_path):
    folder = bot(tmp_path, {"importers": [{"name": IMPORTER, **block}]})
    with pytest.raises(InvalidConfigException, match=words):
        load(folder)


@pytest.mark.parametrize("off", ["off", "'off'", "false"])
def test_off_is_off_however_yaml_reads_it(off, tmp_path):
    (tmp_path / "config.yml").write_text(f"importers:\n- name: {IMPORTER}\n  frustration: {off}\n")
    assert read_options(str(tmp_path / "config.yml")).frustration == "off"


def test_a_second_importer_beside_it_is_refused(tmp_path):
    folder = bot(tmp_path, {"importers": [{"name": IMPORTER}, {"name": "RasaFileImporter"}]})
    with pytest.raises(InvalidConfigException, match="inside its block"):
        load(folder)


@pytest.mark.parametrize(
    "name", ["RasaFileImporter", "rasa.shared.importers.rasa.RasaFileImporter"]
)
def test_other_importers_are_read_inside(name, tmp_path):
    folder = bot(tmp_path, {"importers": [{"name": IMPORTER, "importers": [{"name": name}]}]})
    assert {"greet", "human_handoff"} <= set(load(folder).get_domain().intents)


def test_an_importer_that_is_not_there_is_an_error(tmp_path):
    block = {"name": IMPORTER, "importers": ["no.such.Importer"]}
    with pytest.raises(InvalidConfigException, match=r"'no\.such\.Importer'.* was not found"):
        load(bot(tmp_path, {"importers": [block]}))


@pytest.mark.parametrize("option", ["intent", "affirm", "deny"])
def test_an_option_that_names_no_intent_is_an_error(option, tmp_path):
    folder = bot(tmp_path, {"importers": [{"name": IMPORTER, option: "nobody"}]})
    with pytest.raises(InvalidConfigException, match=f"`{option}` .* 'nobody'"):
        load(folder).get_domain()


def test_the_bots_own_intent_for_the_request(tmp_path):
    config = {"importers": [{"name": IMPORTER, "intent": "ask_person"}], "pipeline": [TOKENS]}
    importer = load(bot(tmp_path, config))
    assert "human_handoff" not in importer.get_domain().intents
    assert importer.get_config()["pipeline"][-1] == {**RECOGNIZER, "intent": "ask_person"}
    events = [event for step in importer.get_stories().story_steps for event in step.events]
    intents = {event.intent_name for event in events if isinstance(event, UserUttered)}
    assert intents == {"ask_person", "affirm", "deny"}
