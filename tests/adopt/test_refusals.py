"""Files that cannot be patched: refused with file, line and cause, and nothing is written."""

from __future__ import annotations

import re

import pytest

from tests.adopt.shapes import BASE, changed, of_folder, write
from tests.adopt.test_shapes import init
from tests.support.other_user import as_nobody, open_folder
from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.plan import check_is_bot, plan_init, plan_undo
from zendesk_handoff.adopt.record import RECORD_FILE
from zendesk_handoff.errors import CannotPatch, HandoffError, SettingsError

OURS = "importers:\n- name: zendesk_handoff.HandoffImporter\n"
REFUSED = {
    "a tab as indentation": (
        changed(config_yml="language: en\npipeline:\n\t- name: X\n"),
        r"config\.yml, line 3: is not valid YAML: .*cannot start",
    ),
    "an open bracket": (
        changed(config_yml="language: en\npipeline: [\n\n"),
        r"config\.yml, line \d: is not valid YAML",
    ),
    "the same key twice": (
        changed(credentials_yml="rest:\nslack: {t: secret-one}\nslack: {t: secret-two}\n"),
        r"credentials\.yml, line 3: has the same key twice; keep one of them",
    ),
    "the same key twice, inside": (
        changed(endpoints_yml="models:\n  url: a\n  url: b\n"),
        r"endpoints\.yml, line 3: has the same key twice",
    ),
    "a line separator that ends a comment": (
        changed(config_yml="# a\u2028b\nlanguage: en\n"),
        r"config\.yml, line 2: is not valid YAML",
    ),
    "two documents": (
        changed(config_yml="a: 1\n---\nb: 2\n"),
        r"config\.yml, line 2: .*a single document",
    ),
    "a list": (changed(credentials_yml="- rest\n"), r"credentials\.yml: must be a block"),
    "a text": (changed(endpoints_yml="action_endpoint\n"), r"endpoints\.yml: must be a block"),
    "braces": (changed(config_yml='{"language": "en"}\n'), r"config\.yml: is written in braces"),
    "an entry out of an anchor": (
        changed(config_yml="x: &x {importers: []}\n<<: *x\n"),
        r"config\.yml: takes entries out of an anchor",
    ),
    "importers out of an anchor": (
        changed(config_yml="x: &x [{name: a.B}]\nimporters: *x\n"),
        r"config\.yml: has a form that cannot be patched; add by hand: importers",
    ),
    "importers that are a text": (
        changed(config_yml="language: en\nimporters: RasaFileImporter\n"),
        r"config\.yml, line 2: `importers` must be a list",
    ),
    "another importer beside ours": (
        changed(config_yml=f"{OURS}- name: a.B\n"),
        r"config\.yml, line 1: names other importers beside the plugin's; move",
    ),
    "an endpoint without an address": (
        changed(endpoints_yml="a: 1\naction_endpoint: {token: x}\n"),
        r"endpoints\.yml, line 2: `action_endpoint` has no `url`",
    ),
    "nested too deeply": (
        changed(config_yml="a: " + "[" * 100_000),
        r"config\.yml.*: is not valid",
    ),
    "a control character": (changed(config_yml="a: \x01\n"), r"config\.yml.*: is not valid YAML"),
    "no Python": (
        changed(actions__in__init_py="import os\ndef run(:\n"),
        r"__init__\.py, line 2: is not valid Python",
    ),
    "Python with a null": (changed(actions__in__init_py="x = '\0'\n"), r"is not valid Python"),
    "not UTF-8": (changed(config_yml="x: ü\n".encode("latin-1")), r"config\.yml: is not UTF-8"),
    "UTF-16": (changed(credentials_yml="rest:\n".encode("utf-16")), r"credentials\.yml"),
    "a folder as a file": (
        {**changed(config_yml=None), "config.yml/x": ""},
        r"config\.yml: cannot",
    ),
    "a file as a folder": (
        {**changed(actions__in__init_py=None), "actions": "no folder"},
        r"__init__\.py: cannot be .*: Not a directory",
    ),
    "no NAME=value": ({**BASE, ".env": "A=1\n\nthe secret words\n"}, r"\.env: line 3 is not NAME"),
    "another account's secret": (
        {**BASE, ".env": "ZENDESK_KEY_SECRET=of-the-real-account\n"},
        r"\.env: sets ZENDESK_KEY_SECRET to another value; take it out first",
    ),
    "no record": ({**BASE, RECORD_FILE: "[]"}, r"is not a record of `init`"),
    "a newer record": ({**BASE, RECORD_FILE: '{"version": 2}'}, r"is not a record of `init`"),
    "a record of files elsewhere": (
        {**BASE, RECORD_FILE: '{"files": {"../elsewhere": {"is_ours": true}}}'},
        r"is not a record of `init`",
    ),
    "no bot": ({"README.md": "hello"}, r"is not the folder of a Rasa bot"),
}


@pytest.fixture(params=REFUSED)
def refused(request):
    return REFUSED[request.param]


def test_the_cause_is_named_and_nothing_is_written(tmp_path, refused):
    files, message = refused
    write(tmp_path, files)
    before = of_folder(tmp_path)
    with pytest.raises(HandoffError, match=message) as caught:
        check_is_bot(tmp_path)
        init(tmp_path)
    assert of_folder(tmp_path) == before
    for secret in ("secret-one", "secret-two", "the secret words", "of-the-real-account"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize("name", ["config.yml", "credentials.yml", "actions/__init__.py", ".env"])
def test_a_read_only_file_is_left_alone(tmp_path, name):
    write(tmp_path, {**BASE, ".env": "A=1\n"})
    (tmp_path / name).chmod(0o444)
    before = of_folder(tmp_path)
    with pytest.raises(CannotPatch, match=re.escape(name) + ": is read-only; make it writable"):
        init(tmp_path)
    assert of_folder(tmp_path) == before


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path):
    write(tmp_path, BASE)
    plan = plan_init(tmp_path, SIMULATOR, webchat=True)
    (tmp_path / "endpoints.yml").write_text("mine: 1\n")
    before = of_folder(tmp_path)
    from zendesk_handoff.adopt.files import write_all

    with pytest.raises(CannotPatch, match="was changed meanwhile"):
        write_all([plan.record, *plan.changes])
    assert of_folder(tmp_path) == before


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(CannotPatch, match="is no folder"):
        check_is_bot(tmp_path / "nowhere")


def test_the_way_back_refuses_a_file_outside_of_the_folder(tmp_path):
    bot = write(tmp_path / "bot", {**BASE, RECORD_FILE: '{"files": {"../x": {"is_ours": true}}}'})
    (tmp_path / "x").write_text("")
    with pytest.raises(CannotPatch):
        plan_undo(bot)


def test_a_folder_that_may_not_be_written():
    def refused():
        try:
            init(folder)
        except CannotPatch as error:
            return str(error)
        return "it was written"

    with open_folder() as folder:
        write(folder, BASE)
        folder.chmod(0o555)
        assert "cannot be written" in as_nobody(refused)


def test_the_settings_error_of_a_broken_env_file_has_no_line_of_it(tmp_path):
    write(tmp_path, {**BASE, ".env": "KEY='never closed\nA=1\n"})
    with pytest.raises(SettingsError, match="line 1 is not NAME=value") as caught:
        init(tmp_path)
    assert "never" not in str(caught.value)
