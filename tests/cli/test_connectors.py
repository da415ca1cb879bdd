"""``zendesk-handoff connectors``, in a pipe and in a real terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest
import yaml
from typer.testing import CliRunner

from zendesk_handoff.cli import app

ID = "a-connector-with-a-rather-long-id"
URL = f"https://bot.example.com/api/v1/connectors/{ID}/webhook"
NAME = "[red]Support[/red] \x1b[31m of a company with a long name"


@pytest.fixture
def credentials(tmp_path):
    connector = {
        "name": NAME,
        "subdomain": "your-company",
        "app_id": "5f0c",
        "key_id": "app_1",
        "key_secret": "the-secret",
        "webhook_secret": "another-secret-of-zendesk",
        "workspaces": ["default", "shop"],
    }
    block = {"public_url": "https://bot.example.com", "connectors": {ID: connector}}
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump({"channels.ZendeskInput": block}))
    return file


def test_connectors_are_listed_with_their_address_and_without_secrets(credentials):
    done = CliRunner().invoke(app, ["connectors", "--credentials", str(credentials)])
    assert done.exit_code == 0
    heading, row = done.stdout.splitlines()
    assert heading.split() == ["id", "name", "subdomain", "workspaces", "webhook", "URL"]
    name = "[red]Support[/red] \\x1b[31m of a company with a long name"
    assert row.split("  ") == [ID, name, "your-company", "default, shop", URL]
    assert "secret" not in done.output


def test_settings_with_problems_are_reported(tmp_path):
    file = tmp_path / "credentials.yml"
    file.write_text("channels.ZendeskInput: {connectors: {}, colour: 1}")
    done = CliRunner().invoke(app, ["connectors", "--credentials", str(file)])
    assert done.exit_code == 1
    assert done.stdout == ""
    for key in ("connectors", "colour", "public_url"):
        assert f"  {key}: " in done.stderr


def test_a_terminal_shows_addresses_whole(credentials):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "zendesk_handoff.cli", "connectors"]
    environ = {**os.environ, "ZENDESK_HANDOFF_CREDENTIALS": str(credentials)}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**environ, "TERM": "xterm"}
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                read = os.read(ours, 4096)
            except OSError:  # Linux says so when the other side has closed
                break
            if not read:
                break
            shown += read
        assert process.wait() == 0
    os.close(ours)
    _, first, *_ = shown.decode().splitlines()
    assert first.startswith(ID)
    assert first.rstrip().endswith(URL)
    assert "\x1b[31m" not in shown.decode()
    assert "[red]" in shown.decode()
