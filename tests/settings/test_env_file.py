"""``.env`` beside ``credentials.yml``: below the environment, and never repeated in an error."""

from __future__ import annotations

import os

import pytest
import yaml
from structlog.testing import capture_logs

from tests.settings.test_read import BLOCK, ENVIRON
from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import load_settings, read_settings
from zendesk_handoff.settings.env_file import env_file

NAME = "zendesk_handoff.channels.ZendeskInput"
SECRETS = "KEY=key-of-the-file  # shown once\nexport HOOK='hook of the file, 25'\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "credentials.yml").write_text(yaml.safe_dump({"rest": None, NAME: BLOCK}))
    write(tmp_path, SECRETS)
    return tmp_path


def write(folder, text, mode=0o600):
    file = folder / ".env"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    file.chmod(mode)
    return file


def secrets_of(settings):
    support = settings.connectors["support"]
    return support.key_secret, support.webhook_secrets[0]


def test_variables_come_from_the_file(folder):
    settings = load_settings(folder / "credentials.yml", environ={})
    assert secrets_of(settings) == ("key-of-the-file", "hook of the file, 25")


def test_the_environment_wins_unless_it_is_empty(folder):
    environ = {"KEY": "key-of-the-process", "HOOK": ""}
    settings = load_settings(folder / "credentials.yml", environ=environ)
    assert secrets_of(settings) == ("key-of-the-process", "hook of the file, 25")


def test_the_rasa_server_finds_it_in_the_working_directory(folder, monkeypatch):
    for name in ("KEY", "HOOK", "ZENDESK_HANDOFF_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    assert secrets_of(read_settings(BLOCK))[0] == "key-of-the-file"


def test_the_rasa_server_finds_it_beside_the_named_file(folder, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("ZENDESK_HANDOFF_CREDENTIALS", str(folder / "credentials.yml"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    monkeypatch.delenv("KEY", raising=False)
    assert secrets_of(read_settings(BLOCK))[0] == "key-of-the-file"


def test_rasas_channel_reads_it(folder, monkeypatch):
    """Rasa replaces ``${NAME}`` without quotes by itself, and leaves it where it is in quotes."""
    from zendesk_handoff.channels import ZendeskInput
    from zendesk_handoff.rasa.compat import read_config_file

    text = (folder / "credentials.yml").read_text()
    text = text.replace("${KEY}", "'${KEY}'").replace("${HOOK}", '"${HOOK}"')
    (folder / "credentials.yml").write_text(text)
    for name in ("KEY", "HOOK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(folder)
    block = read_config_file("credentials.yml")[NAME]
    channel = ZendeskInput.from_credentials(block)
    assert secrets_of(channel.settings) == ("key-of-the-file", "hook of the file, 25")


def test_a_missing_variable_is_named_with_both_remedies(folder):
    write(folder, "KEY=1\n")
    with pytest.raises(SettingsError, match=r"HOOK; set it, or write it into \.env") as caught:
        load_settings(folder / "credentials.yml", environ={})
    assert "KEY" not in str(caught.value)


def test_a_block_that_is_read_without_a_folder_has_no_file(folder, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(SettingsError, match="KEY"):
        read_settings(BLOCK, environ={})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\n\n\nthe secret\n", 4),
        ("the secret", 1),
        ("A='the secret\nB=2\n", 1),
        ("A=1\r\nB=the secret\r\nC='the secret' too\r\n", 3),
        ("# x\n=the secret\n", 2),
        ("\ufeffthe secret\n", 1),
    ],
)
def test_a_broken_line_is_named_by_its_number_alone(folder, text, line):
    write(folder, text)
    with pytest.raises(SettingsError, match=rf"\.env: line {line} is not NAME=value") as caught:
        env_file(folder)
    assert "the secret" not in str(caught.value)


@pytest.mark.parametrize("text", [b"KEY=\xff\n", b"\xff\xfeK\0"])
def test_a_file_that_is_no_text(folder, text):
    write(folder, text)
    with pytest.raises(SettingsError, match=r"\.env: is not UTF-8 text"):
        env_file(folder)


def test_a_folder_of_that_name(tmp_path):
    (tmp_path / ".env").mkdir()
    with pytest.raises(SettingsError, match=r"\.env: cannot be read: Is a directory"):
        env_file(tmp_path)


def test_no_file(tmp_path):
    assert env_file(tmp_path) == {}


def test_values_stand_as_they_are_written(folder):
    write(folder, "A=1\nB=${A}$A\nC='${A}'\nD=\"two\\nlines\"\nE=a#b # c\n")
    found = {"A": "1", "B": "${A}$A", "C": "${A}", "D": "two\nlines", "E": "a#b"}
    assert env_file(folder) == found


def test_a_file_that_others_can_read_is_warned_of(folder):
    with capture_logs() as silent:
        env_file(folder)
    assert silent == []
    for mode in (0o640, 0o604):
        file = write(folder, SECRETS, mode)
        with capture_logs() as logs:
            env_file(folder)
        [warning] = logs
        assert warning["event"] == "handoff.settings.env_file_not_private"
        assert (warning["path"], warning["log_level"]) == (str(file), "warning")
        assert "key-of-the-file" not in str(logs)


def test_it_is_not_read_where_it_is_not_needed(folder):
    write(folder, "broken line\n")
    load_settings(folder / "credentials.yml", environ=ENVIRON)
    load_settings(folder / "credentials.yml", environ={}, for_actions=True)


def test_rasas_own_variables_are_the_environments_alone(folder):
    """Rasa reads its lock's lifetime out of the environment, whatever the file says."""
    block = {**BLOCK, "open_timeout": 50}
    write(folder, SECRETS + "TICKET_LOCK_LIFETIME=20\n")
    assert read_settings(block, environ={}, file=folder / "credentials.yml").open_timeout == 50
    with pytest.raises(SettingsError, match="open_timeout"):
        read_settings(
            block, environ={"TICKET_LOCK_LIFETIME": "20"}, file=folder / "credentials.yml"
        )


def test_the_process_environment_is_left_alone(folder):
    before = dict(os.environ)
    load_settings(folder / "credentials.yml", environ={})
    assert dict(os.environ) == before
