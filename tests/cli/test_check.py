"""``zendesk-handoff check``: its lines, its JSON and its exit code."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.support.bot_folder import KEY_SECRET, SECRET, BotFolder
from zendesk_handoff.checks import Finding, Outcome, fine, problem, skipped, warning
from zendesk_handoff.cli import app
from zendesk_handoff.cli.check import line

EVIL = "\x1b[31mred\x1b[0m [bold]x[/bold] a\u202eb\r\nnext"
MARKS = "✓✗!–"


@pytest.fixture
def files(tmp_path):
    """A bot without the importer, which Rasa would have to read."""
    found = BotFolder(tmp_path)
    del found.files["config.yml"]["importers"]
    domain = tmp_path / "domain.yml"
    domain.write_text("actions: [action_human_handoff]")
    os.utime(domain, (1, 1))
    return found


def run(files, *arguments):
    return CliRunner().invoke(app, ["check", *arguments, "--credentials", str(files.credentials)])


def test_everything_is_fine(files):
    files.write()
    done = run(files)
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    *lines, last = done.stdout.splitlines()
    assert last == "no errors, no warnings."
    assert {each[:2] for each in lines} == {"✓ ", "– "}
    for part in ("environment", "settings", "store", "model", "policies", "Rasa server"):
        assert any(f" {part}: " in each for each in lines), part


def test_a_fault_ends_with_1_a_warning_does_not(files):
    files.files["endpoints.yml"]["lock_store"] = {"type": "redis"}
    files.write()
    done = run(files)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "no errors, 1 warning.")
    files.files["endpoints.yml"] = {}
    files.write()
    done = run(files)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, "1 error, no warnings.")


def test_json_is_one_object_a_line_with_the_same_content(files):
    files.files["endpoints.yml"] = {}
    files.write()
    done = run(files, "--json")
    assert done.exit_code == 1
    records = [json.loads(each) for each in done.stdout.splitlines()]
    assert all(each.keys() == {"check", "outcome", "cause", "cure"} for each in records)
    in_words = [
        line(Finding(each["check"], Outcome(each["outcome"]), each["cause"], each["cure"]))
        for each in records
    ]
    assert in_words == run(files).stdout.splitlines()[:-1]


def test_no_secret_is_printed(files):
    files.block["store_url"] = "postgresql://user:the-password@127.0.0.1:9/x"
    files.connector["colour"] = "a-secret-in-the-wrong-place"
    files.write()
    for arguments in ((), ("--json",), ("--online",)):
        shown = run(files, *arguments).output
        for secret in (SECRET, KEY_SECRET, "the-password", "a-secret-in-the-wrong-place"):
            assert secret not in shown


def test_nothing_is_changed(files, tmp_path):
    files.write()

    def state():
        every = [each for each in tmp_path.rglob("*") if "__pycache__" not in str(each)]
        return {each: each.is_file() and each.read_bytes() for each in every}

    before = state()
    run(files, "--online")
    assert state() == before


@pytest.mark.parametrize("make", [problem, warning])
def test_a_line_is_one_line_and_safe_for_a_terminal(make):
    shown = line(make("name", EVIL, EVIL))
    assert shown.isprintable()
    assert shown.count("→") == 1
    assert "\\x1b[31mred" in shown
    assert "[bold]x[/bold]" in shown


def test_each_outcome_has_its_mark():
    every = (fine("a", "b"), problem("a", "b", "c"), warning("a", "b", "c"), skipped("a", "b"))
    assert [line(each) for each in every] == ["✓ a: b", "✗ a: b → c", "! a: b → c", "– a: b"]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_terminal_without_the_marks_gets_words(files, encoding):
    files.files["endpoints.yml"] = {}
    files.write()
    done = subprocess.run(
        [sys.executable, "-m", "zendesk_handoff.cli", "check"],
        capture_output=True,
        env={
            **os.environ,
            "PYTHONIOENCODING": encoding,
            "ZENDESK_HANDOFF_CREDENTIALS": str(files.credentials),
        },
    )
    assert done.returncode == 1, done.stderr
    assert not done.stderr
    shown = done.stdout.decode(encoding)
    assert ("✗ endpoints.yml" if encoding == "utf-8" else "ERROR endpoints.yml") in shown


def test_a_terminal_gets_colours_and_whole_lines(files):
    files.files["endpoints.yml"] = {}
    files.write()
    ours, theirs = pty.openpty()
    environ = {**os.environ, "ZENDESK_HANDOFF_CREDENTIALS": str(files.credentials)}
    with subprocess.Popen(
        [sys.executable, "-m", "zendesk_handoff.cli", "check"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environ, "TERM": "xterm", "COLUMNS": "40"},
    ) as process:
        os.close(theirs)
        shown = b""
        while read := _read(ours):
            shown += read
        assert process.wait() == 1
    os.close(ours)
    [found] = [each for each in shown.decode().splitlines() if "endpoints.yml:" in each]
    assert found.startswith("\x1b[")
    assert "→ Write `action_endpoint" in found


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so when the other side has closed
        return b""
