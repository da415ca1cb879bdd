"""The shipped flows and domain, read, merged and validated by Rasa Pro's own readers."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from rasa.core.config.configuration import Configuration
from rasa.shared.core.domain import Domain
from rasa.shared.core.slot_mappings import SlotMappingType
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.validator import Validator
from rasa_sdk.executor import ActionExecutor

from tests.support.calm import DOMAIN, FLOWS, SHIPPED, domain_of
from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.plan import plan_init, plan_undo
from zendesk_handoff.calm.domain import SLOTS
from zendesk_handoff.checks.action_modules import rivals
from zendesk_handoff.checks.calm import check_calm
from zendesk_handoff.checks.finding import Outcome
from zendesk_handoff.domain.responses import languages
from zendesk_handoff.errors import CannotPatch

RASA = Path(find_spec("rasa").submodule_search_locations[0])
TEMPLATES = RASA / "cli" / "project_templates"
#: The templates that are CALM bots, and whether they bring an action of the plugin's name.
CALM = {"basic": True, "default": False, "finance": True, "telco": True, "tutorial": False}


@pytest.fixture(autouse=True)
def configuration():
    """What Rasa's readers ask for sub-agents, without any."""
    Configuration.initialise_empty()


@pytest.fixture(params=CALM)
def template(request, tmp_path):
    folder = tmp_path / request.param
    shutil.copytree(TEMPLATES / request.param, folder)
    return folder


def without_rivals(folder):
    for file, _ in rivals(folder):
        file.unlink()
    return folder


def init(folder):
    plan = plan_init(folder, SIMULATOR, webchat=True)
    write_all([plan.record, *plan.changes])


def importer_of(folder):
    domain = next(folder / name for name in ("domain.yml", "domain") if (folder / name).exists())
    data = [str(folder / "data")]
    return TrainingDataImporter.load_from_config(str(folder / "config.yml"), str(domain), data)


def test_every_calm_template_of_rasas_is_tried():
    found = {each.name for each in TEMPLATES.iterdir() if (each / "config.yml").exists()}
    assert found == set(CALM)


def test_the_flows_are_valid_and_take_the_place_of_rasas_own():
    SHIPPED.validate()
    FLOWS.validate(DOMAIN)
    ids = [each.id for each in FLOWS]
    assert len(ids) == len(set(ids))
    pattern = FLOWS.flow_by_id("pattern_human_handoff")
    assert [each.action for each in pattern.steps] == [
        "action_handoff_metric",
        "action_human_handoff",
    ]
    assert FLOWS.flow_by_id("human_handoff") in FLOWS.get_flows_always_included_in_prompt()
    assert FLOWS.flow_by_id("pattern_cannot_handle").steps


@pytest.mark.parametrize("language", languages())
def test_the_domain_has_all_that_the_flows_use(language):
    domain = domain_of(language)
    used = set().union(*(each.custom_actions | each.utterances for each in FLOWS))
    assert used & set(domain.action_names_or_texts) >= {
        each
        for each in used
        if not each.startswith(("utter_ask_", "action_ask_", "validate_")) and "{{" not in each
    }
    for name in SLOTS:
        [slot] = [each for each in domain.slots if each.name == name]
        assert [each.type for each in slot.mappings] == [SlotMappingType.CONTROLLED]


def test_a_template_with_an_action_of_that_name_is_refused_and_named(template):
    if not CALM[template.name]:
        assert rivals(template) == []
        return
    before = {file: file.read_bytes() for file in template.rglob("*") if file.is_file()}
    with pytest.raises(CannotPatch, match=r"action_human_handoff\.py: defines action_human_han"):
        plan_init(template, SIMULATOR, webchat=True)
    assert before == {file: file.read_bytes() for file in template.rglob("*") if file.is_file()}


def test_a_template_with_the_plugin_is_valid(template, monkeypatch):
    init(without_rivals(template))
    importer = importer_of(template)
    flows, domain = importer.get_flows(), importer.get_domain()
    flows.validate(domain)
    files = {each.id: str(each.file_path) for each in flows}
    assert files["pattern_human_handoff"].endswith("data/zendesk_handoff/flows.yml")
    assert {"action_human_handoff", "action_end_handoff"} <= set(domain.user_actions)
    assert isinstance(domain, Domain)
    names = [each["name"] for each in importer.get_config()["pipeline"]]
    assert names[0] == "zendesk_handoff.calm.HandoffCommandGenerator"
    monkeypatch.chdir(template)  # where Rasa looks for a bot's files
    assert Validator.from_importer(importer).verify_flows()
    problems = [each for each in check_calm(template) if each.outcome is Outcome.ERROR]
    assert problems == []


def test_a_template_is_restored(template):
    without_rivals(template)
    before = {file: file.read_bytes() for file in template.rglob("*") if file.is_file()}
    init(template)
    again = plan_init(template, SIMULATOR, webchat=True)
    assert again.changes == ()
    undone = plan_undo(template)
    write_all([*undone.changes, undone.record])
    assert before == {file: file.read_bytes() for file in template.rglob("*") if file.is_file()}


def test_the_templates_action_server_runs_the_plugins_action(tmp_path, monkeypatch):
    folder = tmp_path / "bot"
    shutil.copytree(TEMPLATES / "basic", folder)
    init(without_rivals(folder))
    (folder / "actions").rename(folder / "actions_of_basic")
    monkeypatch.syspath_prepend(str(folder))
    executor = ActionExecutor()
    executor.register_package("actions_of_basic")
    owner = executor.actions["action_human_handoff"].__self__
    assert type(owner).__module__ == "zendesk_handoff.actions.handoff"
