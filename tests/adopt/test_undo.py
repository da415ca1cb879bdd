"""The way back where somebody has changed our lines."""

from __future__ import annotations

import re
import shutil

import pytest
from rasa.cli.utils import validate_assistant_id_in_config

from tests.adopt.shapes import BASE, STOCK, of_folder, write
from tests.adopt.test_shapes import init, undo
from zendesk_handoff.adopt.account import SIMULATOR
from zendesk_handoff.adopt.files import write_all
from zendesk_handoff.adopt.plan import plan_init, plan_undo
from zendesk_handoff.adopt.record import RECORD_FILE

ZENDESK = "zendesk_handoff.channels.ZendeskInput:"


def replace(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_changed_lines_stay_and_are_named_all_others_go(tmp_path):
    write(tmp_path, BASE)
    init(tmp_path)
    credentials = tmp_path / "credentials.yml"
    replace(credentials, "http://127.0.0.1:5005", "https://bot.example.com")
    changed = credentials.read_text()
    assert undo(tmp_path).left == (("credentials.yml", ZENDESK),)
    assert credentials.read_text() == changed.replace(
        "\nzendesk_handoff.channels.WebChatInput:\n", ""
    )
    rest = {name: text for name, text in of_folder(tmp_path).items() if name != RECORD_FILE}
    assert rest.pop("credentials.yml") and rest == {
        name: text.encode() for name, text in BASE.items() if name != "credentials.yml"
    }

    # They are remembered: with the old line back, the next time takes them out.
    replace(credentials, "https://bot.example.com", "http://127.0.0.1:5005")
    assert undo(tmp_path).left == ()
    assert of_folder(tmp_path) == {name: text.encode() for name, text in BASE.items()}


def test_lines_that_somebody_has_taken_out_are_no_matter(tmp_path):
    write(tmp_path, BASE)
    init(tmp_path)
    (tmp_path / "config.yml").write_text(BASE["config.yml"])
    (tmp_path / "endpoints.yml").unlink()
    undone = undo(tmp_path)
    assert undone.left == ()
    assert not (tmp_path / RECORD_FILE).exists()
    assert plan_undo(tmp_path).changes == ()


def test_lines_that_have_moved_are_found(tmp_path):
    write(tmp_path, BASE)
    init(tmp_path)
    text = (tmp_path / "config.yml").read_text()
    ours = "importers:\n  - name: zendesk_handoff.HandoffImporter\n"
    (tmp_path / "config.yml").write_text(text.replace(f"\n{ours}", "") + f"\n{ours}")
    undo(tmp_path)
    assert (tmp_path / "config.yml").read_text() == BASE["config.yml"]


def test_rasas_own_rewriting_of_the_configuration_is_no_matter(tmp_path):
    """Rasa sets the ``assistant_id`` when it trains, and writes the file in a layout of its own."""
    shutil.copytree(STOCK, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "config.yml"
    validate_assistant_id_in_config(config)
    before = config.read_text()
    config.write_bytes((STOCK / "config.yml").read_bytes())
    init(tmp_path)
    lines = config.read_text().splitlines()
    validate_assistant_id_in_config(config)
    after = config.read_text()
    assert "- name: zendesk_handoff.HandoffImporter" in set(after.splitlines()) - set(lines)
    assert undo(tmp_path).left == ()
    assert re.sub("assistant_id: .*", "", config.read_text()) == re.sub(
        "assistant_id: .*", "", before
    )


@pytest.mark.parametrize("by_rasa", [True, False])
def test_an_entry_in_brackets_that_was_rewritten_is_named(tmp_path, by_rasa):
    write(tmp_path, {**BASE, "config.yml": "language: en\nimporters: [{name: a.B}]\npipeline:\n"})
    init(tmp_path)
    config = tmp_path / "config.yml"
    if by_rasa:
        validate_assistant_id_in_config(config)
    else:
        replace(config, "importers: [{name: a.B}]", "importers: [{name: c.D}]")
    text = config.read_text()
    [(name, line)] = undo(tmp_path).left
    assert name == "config.yml" and "zendesk_handoff.HandoffImporter" in line
    assert config.read_text() == text


def test_a_file_that_would_be_no_yaml_is_left_as_it_is(tmp_path):
    """A developer has added a line to the entry that was uncommented."""
    shutil.copytree(STOCK, tmp_path, dirs_exist_ok=True)
    endpoints = tmp_path / "endpoints.yml"
    endpoints.write_text(endpoints.read_text() + "lock_store: null\n")
    init(tmp_path)
    url = '  url: "http://localhost:5055/webhook"\n'
    replace(endpoints, url, f"{url}  token: x\n")
    text = endpoints.read_text()
    assert undo(tmp_path).left == (("endpoints.yml", "action_endpoint:"),)
    assert endpoints.read_text() == text


def test_put_in_twice_and_taken_out_once(tmp_path):
    write(tmp_path, BASE)
    init(tmp_path)
    before = (tmp_path / "config.yml").read_text()
    (tmp_path / "config.yml").write_text(BASE["config.yml"])
    init(tmp_path)
    assert (tmp_path / "config.yml").read_text() == before
    undo(tmp_path)
    assert of_folder(tmp_path) == {name: text.encode() for name, text in BASE.items()}


def test_put_in_bit_by_bit_and_taken_out_at_once(tmp_path):
    write(tmp_path, BASE)
    plan = plan_init(tmp_path, SIMULATOR, webchat=False)
    write_all([plan.record, *plan.changes])
    assert "WebChatInput" not in (tmp_path / "credentials.yml").read_text()
    init(tmp_path)
    assert "WebChatInput" in (tmp_path / "credentials.yml").read_text()
    undo(tmp_path)
    assert of_folder(tmp_path) == {name: text.encode() for name, text in BASE.items()}


def test_a_file_that_was_made_stays_if_something_was_added(tmp_path):
    write(tmp_path, {"config.yml": BASE["config.yml"]})
    init(tmp_path)
    mine = tmp_path / "actions" / "__init__.py"
    mine.write_text(mine.read_text() + "import mine\n")
    (tmp_path / "credentials.yml").write_text((tmp_path / "credentials.yml").read_text() + "x:\n")
    undo(tmp_path)
    assert of_folder(tmp_path) == {
        "config.yml": BASE["config.yml"].encode(),
        "actions/__init__.py": b"import mine\n",
        "credentials.yml": b"x:\n",
    }


def test_the_secret_of_another_is_left(tmp_path):
    write(tmp_path, {**BASE, ".env": "ZENDESK_KEY_SECRET=demo-key-secret-support\n"})
    init(tmp_path)
    assert "ZENDESK_WEBHOOK_SECRET" in (tmp_path / ".env").read_text()
    undo(tmp_path)
    assert (tmp_path / ".env").read_text() == "ZENDESK_KEY_SECRET=demo-key-secret-support\n"


def test_the_record_has_no_secret(tmp_path):
    write(tmp_path, BASE)
    init(tmp_path)
    record = (tmp_path / RECORD_FILE).read_text()
    assert "ZENDESK_KEY_SECRET" in record
    assert "demo-" not in record and "xoxb" not in record
