"""Each shape of a bot: what is meant after `init`, a second time, and the way back."""

from __future__ import annotations

import ast
import difflib
import re

import pytest
from rasa.shared.utils.io import read_yaml

from tests.adopt.shapes import BASE, FILES, REPLACED, SHAPES, of_folder, write
from tests.support.shared import needs_shared
from tools.paths import SHARED
from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.credentials import CHAT_PAGE
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.plan import needs_account, plan_init, plan_undo
from zendesk_handoff.settings import BLOCK, load_settings

IMPORTER = "zendesk_handoff.HandoffImporter"
LINE = "from zendesk_handoff.actions import ActionEndHandoff, ActionHumanHandoff"
BOTS = ("financial-demo", "helpdesk-assistant")
MARK = b"\xef\xbb\xbf"


@pytest.fixture(
    params=[*SHAPES, *(pytest.param(bot, marks=needs_shared(f"data/bots/{bot}/*")) for bot in BOTS)]
)
def shape(request):
    return request.param


@pytest.fixture
def bot(shape, tmp_path, monkeypatch):
    monkeypatch.setenv("UNSET_TOKEN", "set, for Rasa reads no file without")
    files = SHAPES.get(shape) or of_folder(SHARED / "data" / "bots" / shape)
    (tmp_path / "bot" / ".git").mkdir(parents=True)
    return write(tmp_path / "bot", files)


def init(folder, account=SIMULATOR, **options):
    plan = plan_init(folder, account, webchat=True, **options)
    write_all([plan.record, *plan.changes])
    return plan


def undo(folder):
    plan = plan_undo(folder)
    write_all([*plan.changes, plan.record])
    return plan


def read(file):
    """Read a file as Rasa does."""
    return read_yaml(file.read_text(encoding="utf-8")) if file.exists() else {}


def test_the_files_mean_the_same_and_ours(bot):
    before = {name: read(bot / name) for name in FILES[:3]}
    was_blank = not (bot / "config.yml").exists() or not (bot / "config.yml").read_text().strip()
    assert needs_account(bot)
    init(bot)

    config = read(bot / "config.yml")
    others = before["config.yml"].pop("importers", None)
    inside = {"importers": others} if others else {}
    assert config.pop("importers") == [{"name": IMPORTER, **inside}]
    assert config == ({"recipe": "default.v1"} if was_blank else before["config.yml"])

    credentials = read(bot / "credentials.yml")
    assert credentials.pop(BLOCK) == SIMULATOR.block
    [chat_page] = [name for name in credentials if name.endswith("WebChatInput")]
    assert {chat_page: None, **(before["credentials.yml"] or {"rest": None})} == credentials

    endpoints = read(bot / "endpoints.yml")
    had = (before["endpoints.yml"].pop("action_endpoint", None) or {}).get("url")
    url = endpoints.pop("action_endpoint")["url"]
    assert url == (had or "http://localhost:5055/webhook")
    assert endpoints == before["endpoints.yml"]


def test_the_bots_own_answers_give_way_where_that_is_wanted(bot):
    before = of_folder(bot)
    init(bot)
    [named] = read(bot / "config.yml")["importers"]
    init(bot, replace_own=True)
    assert read(bot / "config.yml")["importers"] == [{**named, "replace": True}]
    assert not init(bot, replace_own=True).changes
    undo(bot)
    assert of_folder(bot) == before


def test_a_bot_that_has_said_no_is_changed_in_that_word_alone(tmp_path):
    text = f"importers:  # ours\n- name: {IMPORTER}\n  replace: false  # not yet\n  intent: human\n"
    write(tmp_path, {**BASE, "config.yml": text})
    init(tmp_path, replace_own=True)
    changed = text.replace("replace: false", "replace: true")
    assert (tmp_path / "config.yml").read_text() == changed


@pytest.mark.parametrize("module", ["importer", "importer.importer"])
def test_the_importer_is_known_by_any_of_its_names(tmp_path, module):
    text = f"importers:\n- name: zendesk_handoff.{module}.HandoffImporter\n  intent: human\n"
    write(tmp_path, {**BASE, "config.yml": text})
    init(tmp_path)
    assert (tmp_path / "config.yml").read_text() == text


def test_the_settings_are_read_with_the_secrets(bot):
    init(bot)
    settings = load_settings(bot / "credentials.yml", environ={})
    support = settings.connectors["support"]
    assert support.key_secret == "demo-key-secret-support"
    assert support.webhook_secrets == ("demo-webhook-secret-support",)
    secret_files = [name for name, text in of_folder(bot).items() if b"demo-key-secret" in text]
    assert secret_files == [".env"]
    assert (bot / ".env").stat().st_mode & 0o777 == 0o600


def test_the_actions_are_imported_once_by_what_python_imports(bot):
    package, module = bot / "actions" / "__init__.py", bot / "actions.py"
    expected = module if module.exists() and not package.exists() else package
    init(bot)
    modules = [*bot.glob("actions.py"), *bot.glob("actions/**/*.py")]
    assert [each for each in modules if LINE.encode() in each.read_bytes()] == [expected]
    assert package.exists() == (expected == package)
    imported = [
        node.module
        for node in ast.parse(expected.read_bytes()).body
        if isinstance(node, ast.ImportFrom)
    ]
    assert imported.count("zendesk_handoff.actions") == 1


def test_lines_are_added_and_no_others_are_changed(shape, bot):
    before = of_folder(bot)
    init(bot)
    after = of_folder(bot)
    replaced = 0
    for name, content in before.items():
        old, new = (re.split(rb"\r\n|\n", each) for each in (content, after[name]))
        blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
        replaced += len(old) - sum(block.size for block in blocks)
    assert replaced == REPLACED.get(shape, 0)


def test_line_ends_are_those_of_the_file(bot):
    before = {name: text for name, text in of_folder(bot).items() if b"\n" in text}
    init(bot)
    for name, old in before.items():
        new = (bot / name).read_bytes()
        if b"\r" not in old:
            assert b"\r" not in new
        elif old.count(b"\n") == old.count(b"\r\n"):
            assert new.count(b"\n") == new.count(b"\r\n")
        assert new.endswith(b"\n") == old.endswith(b"\n")
        assert new.count(MARK) == old.count(MARK) and new.startswith(MARK) == old.startswith(MARK)


def test_the_second_time_there_is_nothing_to_do(bot):
    init(bot)
    before = of_folder(bot)
    assert not needs_account(bot)
    for account in (SIMULATOR, None):
        plan = plan_init(bot, account, webchat=True)
        assert plan.changes == ()
        assert plan.record.old == plan.record.new
    assert of_folder(bot) == before


def test_the_way_back_gives_the_same_bytes(bot):
    before, names = of_folder(bot), sorted(bot.rglob("*"))
    modes = {name: (bot / name).stat().st_mode for name in before if name != ".env"}
    init(bot)
    assert of_folder(bot) != before
    assert undo(bot).left == ()
    assert of_folder(bot) == before
    assert sorted(bot.rglob("*")) == names
    assert {name: (bot / name).stat().st_mode for name in modes} == modes


def test_the_way_back_spares_what_was_written_since(bot):
    init(bot)
    for name in (*FILES, ".env"):
        file = bot / name
        if file.exists():
            content = file.read_bytes()
            mark = MARK * content.startswith(MARK)
            content = b"# mine\n" + content.removeprefix(MARK) + b"\n# mine, too\n"
            file.write_bytes(mark + content)
    assert undo(bot).left == ()
    for name in (*FILES, ".env"):
        if (bot / name).exists():
            content = (bot / name).read_bytes()
            assert b"# mine\n" in content and content.endswith(b"\n# mine, too\n")
            assert b"zendesk" not in content.lower()


def test_a_plan_writes_nothing(tmp_path):
    write(tmp_path, BASE)
    before = of_folder(tmp_path)
    plan_init(tmp_path, SIMULATOR, webchat=True)
    plan_undo(tmp_path)
    assert of_folder(tmp_path) == before


def test_without_the_chat_page_no_chat_page_is_added(tmp_path):
    write(tmp_path, BASE)
    plan = plan_init(tmp_path, SIMULATOR, webchat=False)
    assert not any(CHAT_PAGE in (change.new or "") for change in plan.changes)


def test_actions_that_another_module_imports_are_not_imported_again(tmp_path):
    elsewhere = "import os\nfrom zendesk_handoff import ActionEndHandoff, ActionHumanHandoff as H\n"
    write(tmp_path, {**BASE, "actions/zendesk/handoff.py": elsewhere})
    assert not any(c.path.suffix == ".py" for c in plan_init(tmp_path, None, webchat=True).changes)
    write(tmp_path, {"actions/zendesk/handoff.py": "from zendesk_handoff.actions import *\n"})
    assert not any(c.path.suffix == ".py" for c in plan_init(tmp_path, None, webchat=True).changes)
    write(tmp_path, {"actions/zendesk/handoff.py": elsewhere.replace("ActionEndHandoff, ", "")})
    assert any(c.path.suffix == ".py" for c in plan_init(tmp_path, None, webchat=True).changes)


def test_outside_of_a_checkout_nothing_is_ignored(tmp_path):
    write(tmp_path, BASE)
    names = {change.path.name for change in plan_init(tmp_path, SIMULATOR, webchat=False).changes}
    assert ".env" in names and ".gitignore" not in names
