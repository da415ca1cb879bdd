"""Checks of CALM bots: pipeline, flows, actions, and what a model of theirs lacks."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from tests.adopt.shapes import write
from tests.support.calm_bots import BOT, CONFIG, RIVAL, with_files
from tests.support.zendesk import connector
from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.plan import plan_init
from zendesk_handoff.checks.action_modules import rivals
from zendesk_handoff.checks.bot_files import check_actions, check_endpoints
from zendesk_handoff.checks.calm import check_calm
from zendesk_handoff.checks.calm_files import is_calm, read_calm_bot
from zendesk_handoff.checks.finding import Outcome
from zendesk_handoff.checks.forms import check_own_forms
from zendesk_handoff.checks.model import SLOTS, check_model
from zendesk_handoff.checks.offline import Place, check_offline
from zendesk_handoff.settings import Settings

GENERATOR = "- name: zendesk_handoff.calm.HandoffCommandGenerator\n"
HANDOFF = "- action: action_human_handoff"


@pytest.fixture
def make(tmp_path):
    return lambda files: write(tmp_path / "bot", files)


def init(folder):
    plan = plan_init(folder, SIMULATOR, webchat=True)
    write_all([plan.record, *plan.changes])
    return folder


def flow(name, *steps):
    lines = "".join(f"      {each}\n" for each in steps)
    return f"flows:\n  {name}:\n    description: x\n    steps:\n{lines}"


def problems(findings):
    return [each for each in findings if each.outcome is not Outcome.FINE]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (CONFIG, True),
        ("policies:\n- name: FlowPolicy\n", True),
        ("pipeline:\n- name: NLUCommandAdapter\n", True),
        ("pipeline:\n- name: my.own.CommandGenerator\n", True),
        ("pipeline:\n- name: DIETClassifier\npolicies:\n- name: RulePolicy\n", False),
        ("pipeline: LLMCommandGenerator\npolicies: {name: FlowPolicy}\n", False),
        ("pipeline:\npolicies:\n", False),
        ("- pipeline\n", False),
        ("pipeline: [1, null, [], {}]\n", False),
    ],
)
def test_a_calm_bot_is_recognised(make, config, expected):
    assert is_calm(make(with_files(config=config))) is expected


def test_after_init_nothing_is_missing(make):
    bot = init(make(BOT))
    assert problems(check_calm(bot)) == []
    assert problems(check_actions(bot)) == []
    known = read_calm_bot(bot)
    assert known.hands_over("return_order", "action_human_handoff"), "it links to the pattern"
    assert not known.hands_over("return_order", "action_end_handoff")


def test_before_init_all_is_missing(make):
    found = check_calm(make(BOT))
    assert [each.outcome for each in found] == [Outcome.WARNING, Outcome.ERROR, Outcome.ERROR]
    for part in (
        "every request for a person is the language model's",
        "No flow runs",
        "Rasa's own",
    ):
        assert any(part in each.cause for each in found), part
    assert all("zendesk-handoff init" in each.cure for each in found)


def test_the_generator_behind_the_language_models_is_told(make):
    config = CONFIG.replace("policies:", f"{GENERATOR}policies:")
    bot = init(make(with_files(config=config)))
    [found] = problems(check_calm(bot))
    assert found.outcome is Outcome.ERROR
    assert "comes behind SearchReadyLLMCommandGenerator" in found.cause


@pytest.mark.parametrize(
    ("options", "missing", "cure"),
    [
        ("", [], ""),
        ("  flow: to_person\n", ["to_person"], "as `flow` of"),
        ("  offer_flow: ask_first\n", ["ask_first"], "as `offer_flow` of"),
        ("  mode: escalate\n  offer_flow: ask_first\n", [], ""),
        ("  recognizer: false\n  flow: to_person\n", [], ""),
        ("  recognizer: false\n  mode: escalate\n  flow: to_person\n", ["to_person"], "`flow`"),
        ("  flow: return_order\n", [], ""),
    ],
)
def test_a_flow_that_the_generator_starts_and_the_bot_lacks_is_told(make, options, missing, cure):
    config = CONFIG.replace("pipeline:\n", f"pipeline:\n{GENERATOR}{options}")
    assert config != CONFIG
    found = problems(check_calm(init(make(with_files(config=config)))))
    assert [each.cause.split()[4].rstrip(",") for each in found] == missing
    assert all(each.outcome is Outcome.ERROR and cure in each.cure for each in found)


def test_without_the_flows_of_init_the_generator_is_told_of_them(make):
    bot = make(with_files(config=CONFIG.replace("pipeline:\n", f"pipeline:\n{GENERATOR}")))
    ours = [each for each in check_calm(bot) if "starts the flow" in each.cause]
    assert len(ours) == 2
    assert all("zendesk-handoff init" in each.cure for each in ours)


@pytest.mark.parametrize(
    ("name", "steps", "outcome", "part"),
    [
        ("pattern_human_handoff", ["- action: utter_sorry"], Outcome.ERROR, "does not run action"),
        ("pattern_cannot_handle", ["- action: utter_x"], Outcome.WARNING, "offers no person"),
    ],
)
def test_patterns_of_the_bots_own_that_lead_nowhere_are_told(make, name, steps, outcome, part):
    bot = init(make(with_files(data__own=flow(name, *steps))))
    found = problems(check_calm(bot))
    assert [each.outcome for each in found] == [outcome]
    assert part in found[0].cause
    assert "data/own.yml" in found[0].cause


def test_flows_that_link_in_a_circle_end_nowhere(make):
    bot = make(with_files(data__own=flow("a", "- link: b"), data__other=flow("b", "- call: a")))
    assert not read_calm_bot(bot).hands_over("a", "action_human_handoff")


@pytest.mark.parametrize(
    "text",
    [
        "flows: [1]",
        "flows:\n  x: 3\n",
        "flows:\n  x:\n    steps: {next: [{then: 5}]}\n",
        "a: [",
        "flows: {x: {steps: &a [*a]}}",
        "\0",
    ],
)
def test_files_that_are_no_flows_stop_nothing(make, text):
    bot = make(with_files(data__own=text))
    assert set(read_calm_bot(bot).flows) <= {"return_order", "x"}
    assert check_calm(bot)


def test_an_action_of_the_plugins_name_is_told(make):
    bot = init(make(BOT))
    write(bot, {"actions/general/human.py": RIVAL})
    [found] = problems(check_actions(bot))
    assert found.outcome is Outcome.ERROR
    assert (
        "actions/general/human.py defines action_human_handoff, as the plugin does" in found.cause
    )


@pytest.mark.parametrize(
    "text",
    [
        "def f(:",
        "\0",
        "class A:\n    def name(self):\n        return action_human_handoff\n",
        "class A:\n    name = 'action_human_handoff'\n",
        "class A:\n    def run(self):\n        return 'action_human_handoff'\n",
        "from zendesk_handoff.actions import ActionHumanHandoff\n",
    ],
)
def test_other_modules_define_none(make, text):
    assert rivals(make({**BOT, "actions/own.py": text})) == []


@pytest.mark.parametrize(
    ("endpoint", "part", "asked"),
    [
        ('{actions_module: "actions"}', "in the Rasa server, from the module actions", False),
        ('{actions_module: "actions", url: "http://a/webhook"}', "in the Rasa server", False),
        ('{url: "grpc://localhost:5055"}', "at grpc://localhost:5055", False),
        ('{url: "http://localhost:5055/webhook"}', "at http://localhost:5055/webhook", True),
    ],
)
def test_where_actions_run(tmp_path, endpoint, part, asked):
    file = tmp_path / "endpoints.yml"
    file.write_text(f"action_endpoint: {endpoint}\n")
    [found], url = check_endpoints(file)
    assert part in found.cause
    assert (url is not None) is asked


@pytest.mark.parametrize("endpoint", ["", "{}", "{actions_module: }", "{actions_module: 5}"])
def test_actions_that_run_nowhere_are_told(tmp_path, endpoint):
    file = tmp_path / "endpoints.yml"
    file.write_text(f"action_endpoint: {endpoint}\n")
    [found], _ = check_endpoints(file)
    assert found.outcome is Outcome.ERROR


GENERATORS = "rasa.dialogue_understanding.generator"


def model(folder, *pipeline, policies=("FlowPolicy",), domain=None):
    """Write an archive as Rasa Pro does, without what the checks do not read."""
    nodes, last = {}, "__message__"
    for at, name in enumerate(pipeline):
        nodes[f"run_{at}"] = {"uses": name, "needs": {"messages": last}, "config": {}}
        last = f"run_{at}"
    needs = {}
    for at, name in enumerate(policies):
        nodes[f"policy{at}"] = {"uses": f"rasa.core.policies.{name}", "needs": {}, "config": {}}
        needs[f"policy{at}"] = f"policy{at}"
    nodes["select_prediction"] = {"uses": "Ensemble", "needs": needs}
    metadata = {
        "predict_schema": {"nodes": nodes},
        "nlu_target": last,
        "core_target": "select_prediction",
        "domain": domain or {},
    }
    content = json.dumps(metadata).encode()
    file = folder / "model.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        member = tarfile.TarInfo("metadata.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return file


OURS = "zendesk_handoff.calm.generator.HandoffCommandGenerator"
LLM = f"{GENERATORS}.CompactLLMCommandGenerator"
DOMAIN = {
    "actions": ["action_human_handoff", "action_end_handoff"],
    "slots": {name: {"type": "text"} for name in SLOTS},
}


def test_a_model_of_a_calm_bot_needs_no_rules_and_no_intents(tmp_path):
    findings, _ = check_model(tmp_path, model(tmp_path, OURS, LLM, domain=DOMAIN))
    assert problems(findings) == []
    assert {each.check for each in findings} == {"model", "actions", "slots", "command generator"}


def test_a_model_that_lacks_something_is_told_what_brings_it(tmp_path):
    findings, _ = check_model(tmp_path, model(tmp_path, LLM))
    found = problems(findings)
    assert {each.check for each in found} == {"actions", "slots", "command generator"}
    assert all("zendesk-handoff init" in each.cure for each in found)


def test_a_coexistence_model_is_checked_for_rules_too(tmp_path):
    file = model(tmp_path, OURS, LLM, policies=("FlowPolicy", "RulePolicy"), domain=DOMAIN)
    findings, _ = check_model(tmp_path, file)
    assert {"policies", "request for a person"} <= {each.check for each in findings}


@pytest.mark.parametrize(
    ("policies", "part"),
    [
        (("FlowPolicy",), "A bot of flows has no forms"),
        (("FlowPolicy", "RulePolicy"), "Use HandoffImporter"),
    ],
)
def test_settings_that_need_a_form_are_told_and_what_to_do(tmp_path, policies, part):
    wanted = connector(ask_topic=True)
    settings = Settings("https://bot.example.com", {"support": wanted})
    _, found = check_model(tmp_path, model(tmp_path, OURS, LLM, policies=policies, domain=DOMAIN))
    [finding] = check_own_forms(found, settings)
    assert finding.outcome is Outcome.ERROR
    assert part in finding.cure


async def test_the_command_checks_a_calm_bot_as_one(make):
    bot = init(make(BOT))
    known = await check_offline(Place(bot / "credentials.yml"))
    checks = {each.check for each in known.findings}
    assert {"flows", "command generator"} <= checks
    assert "config.yml" not in checks
