"""`init` in the folder of a CALM bot: what is written, what wins, and the way back."""

from __future__ import annotations

import pytest
import yaml
from typer.testing import CliRunner

from tests.adopt.shapes import of_folder, write
from tests.support.calm_bots import BOT, CONFIG, DOMAIN, FLOWS, IN_FOLDERS, RIVAL, with_files
from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.plan import check_is_bot, plan_init, plan_undo
from zendesk_handoff.cli import app
from zendesk_handoff.domain.responses import responses_in
from zendesk_handoff.errors import CannotPatch

OURS = {"human_handoff", "human_handoff_offer", "pattern_human_handoff", "pattern_cannot_handle"}
GENERATOR = "zendesk_handoff.calm.HandoffCommandGenerator"
COEXISTENCE = CONFIG.replace(
    "- name: Search",
    "- name: WhitespaceTokenizer\n- name: NLUCommandAdapter\n- name: Search",
).replace("- name: FlowPolicy\n", "- name: FlowPolicy\n- name: RulePolicy\n")
SHAPES = {
    "one domain file": BOT,
    "a domain in a folder": IN_FOLDERS,
    "coexistence": with_files(config=COEXISTENCE),
    "indented lists": with_files(
        config=CONFIG.replace("\n- ", "\n  - ")
        .replace("  llm", "    llm")
        .replace("    model_group", "      model_group")
    ),
    "an empty domain": with_files(domain=None, config=CONFIG),
    "document markers": {
        name: f"# ours\n---\n{text}...\n# the end\n" if name.endswith(".yml") else text
        for name, text in BOT.items()
    },
    "windows line ends": {name: text.replace("\n", "\r\n") for name, text in BOT.items()},
}


@pytest.fixture(params=SHAPES)
def bot(request, tmp_path):
    folder = tmp_path / "bot"
    (folder / ".git").mkdir(parents=True)
    return write(folder, SHAPES[request.param])


@pytest.fixture
def make(tmp_path):
    return lambda files: write(tmp_path / "bot", files)


def init(folder):
    plan = plan_init(folder, SIMULATOR, webchat=True)
    write_all([plan.record, *plan.changes])
    return plan


def read(folder, *names):
    found = {}
    for name in names:
        for file in sorted(folder.glob(name)):
            found.update(yaml.safe_load(file.read_text("utf-8")) or {})
    return found


def flows_of(folder):
    found = {}
    for file in (folder / "data").rglob("*.yml"):
        found.update(yaml.safe_load(file.read_text("utf-8"))["flows"])
    return found


def domain_of(folder):
    found = {"actions": [], "slots": {}, "responses": {}}
    for file in [*folder.glob("domain.yml"), *(folder / "domain").rglob("*.yml")]:
        content = yaml.safe_load(file.read_text("utf-8"))
        found["actions"] += content.get("actions") or []
        found["slots"].update(content.get("slots") or {})
        found["responses"].update(content.get("responses") or {})
    return found


def test_the_bot_gets_flows_domain_and_generator(bot):
    before = domain_of(bot)
    init(bot)
    assert set(flows_of(bot)) == OURS | {"return_order"}
    domain = domain_of(bot)
    assert domain["actions"] == [*before["actions"], "action_human_handoff", "action_end_handoff"]
    assert before["slots"].items() <= domain["slots"].items()
    assert domain["slots"]["handoff_reason"]["mappings"] == [{"type": "controlled"}]
    german = responses_in("de")["utter_handoff_started"]
    assert domain["responses"]["utter_handoff_started"] == german
    config = yaml.safe_load((bot / "config.yml").read_text("utf-8"))
    names = [each["name"] for each in config["pipeline"]]
    assert names[names.index(GENERATOR) + 1] == "SearchReadyLLMCommandGenerator"
    assert "importers" not in config


def test_the_bots_own_lines_stay(bot):
    before = {name: content.decode().splitlines() for name, content in of_folder(bot).items()}
    init(bot)
    after = {name: content.decode().splitlines() for name, content in of_folder(bot).items()}
    for name, lines in before.items():
        left = iter(after[name])
        assert all(line in left for line in lines), name


def test_a_second_time_there_is_nothing_to_do_and_undo_restores_everything(bot):
    before = of_folder(bot)
    init(bot)
    assert plan_init(bot, SIMULATOR, webchat=True).changes == ()
    plan = plan_undo(bot)
    write_all([*plan.changes, plan.record])
    assert of_folder(bot) == before


@pytest.mark.parametrize("flow", sorted(OURS))
def test_a_flow_of_the_bots_own_wins(make, flow):
    own = f"flows:\n  {flow}:\n    description: Mine.\n    steps:\n      - action: action_x\n"
    bot = make(with_files(data__own=own))
    init(bot)
    assert flows_of(bot)[flow]["description"] == "Mine."
    written = yaml.safe_load((bot / "data/zendesk_handoff/flows.yml").read_text("utf-8"))
    assert set(written["flows"]) == OURS - {flow}


def test_words_slots_and_actions_of_the_bots_own_win(make):
    own = DOMAIN + "responses:\n  utter_handoff_offer:\n  - text: Mensch?\n"
    own = own.replace("actions:\n", "actions:\n- action_human_handoff\n")
    own = own.replace("slots:\n", "slots:\n  workspace:\n    type: any\n")
    bot = make(with_files(domain=own))
    init(bot)
    domain = domain_of(bot)
    assert domain["responses"]["utter_handoff_offer"] == [{"text": "Mensch?"}]
    assert domain["actions"].count("action_human_handoff") == 1
    assert domain["slots"]["workspace"] == {"type": "any"}


def test_of_a_file_and_a_folder_the_domain_is_the_one_that_rasa_trains_from(make):
    bot = make({**BOT, "domain/old.yml": "slots:\n  workspace:\n    type: any\n"})
    init(bot)
    assert not (bot / "domain/zendesk_handoff.yml").exists()
    domain = yaml.safe_load((bot / "domain.yml").read_text("utf-8"))
    assert {"workspace", "handoff_status"} <= set(domain["slots"])


def test_actions_that_run_in_the_rasa_server_stay_there(make):
    bot = make(BOT)
    init(bot)
    endpoints = yaml.safe_load((bot / "endpoints.yml").read_text("utf-8"))
    assert endpoints["action_endpoint"] == {"actions_module": "actions"}
    assert (
        "import ActionEndHandoff, ActionHumanHandoff" in (bot / "actions/__init__.py").read_text()
    )


@pytest.mark.parametrize("file", ["actions/action_human_handoff.py", "actions/general/handoff.py"])
def test_an_action_of_the_plugins_name_is_refused_and_nothing_is_written(make, file):
    bot = make({**BOT, file: RIVAL})
    before = of_folder(bot)
    done = CliRunner().invoke(app, ["init", "--folder", str(bot), "--simulator", "--yes"])
    assert done.exit_code == 1
    assert f"{file}: defines action_human_handoff as the plugin does" in done.output
    assert "delete that class" in done.output
    assert of_folder(bot) == before


def test_a_bot_on_mantle_is_refused(make):
    bot = make({"agent.yml": "name: shop\n"})
    with pytest.raises(CannotPatch, match="Rasa's engine Mantle, which cannot be paused"):
        check_is_bot(bot)


@pytest.mark.parametrize(
    "config",
    [
        "policies:\n- name: FlowPolicy\n",
        "policies:\n- name: FlowPolicy\npipeline: later\n",
        "policies:\n- name: FlowPolicy\npipeline: [LLMCommandGenerator]\n",
    ],
)
def test_a_pipeline_that_cannot_be_read_is_told(make, config):
    bot = make(with_files(config=config))
    with pytest.raises(CannotPatch, match=r"config\.yml: has no list of components as `pipeline`"):
        plan_init(bot, SIMULATOR, webchat=True)


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("domain.yml", "slots:\n- a\n", "something else than a mapping as `slots`"),
        ("domain.yml", "responses: 5\n", "something else than a mapping as `responses`"),
        ("domain.yml", "actions:\n  a: 1\n", "something else than a list as `actions`"),
        ("domain.yml", "actions: a\n", "something else than a list as `actions`"),
        ("data/zendesk_handoff/flows.yml", "flows: [a]\n", "than a mapping as `flows`"),
    ],
)
def test_a_file_of_another_form_is_told(make, name, text, part):
    with pytest.raises(CannotPatch, match=part) as error:
        plan_init(make({**BOT, name: text}), SIMULATOR, webchat=True)
    assert name in str(error.value)


def test_a_tab_that_cannot_be_kept_is_told(make):
    bot = make({**BOT, "domain.yml": BOT["domain.yml"].replace("\n", "\t# a tab\n", 1)})
    before = of_folder(bot)
    done = CliRunner().invoke(app, ["init", "--folder", str(bot), "--simulator", "--yes"])
    assert done.exit_code == 1
    assert "domain.yml: has a form that cannot be patched: found character '\\t'" in done.output
    assert of_folder(bot) == before


@pytest.mark.parametrize("name", ["data/flows.yml", "domain.yml", "config.yml"])
def test_a_broken_file_is_told_with_its_line_or_left_to_rasa(make, name):
    bot = make({**BOT, name: BOT[name] + "  - :\n\t}"})
    if name == "data/flows.yml":  # which is not written
        assert plan_init(bot, SIMULATOR, webchat=True).changes
        return
    with pytest.raises(CannotPatch, match="is not valid YAML"):
        plan_init(bot, SIMULATOR, webchat=True)


def test_the_command_shows_and_writes_it(make):
    bot = make(BOT)
    run = CliRunner().invoke(app, ["init", "--folder", str(bot), "--simulator", "--yes", "--files"])
    assert run.exit_code == 0, run.output
    assert "data/zendesk_handoff/flows.yml" in run.output
    assert FLOWS == (bot / "data/flows.yml").read_text("utf-8")
