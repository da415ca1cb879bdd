"""The file in which a block stands that Rasa has handed over."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from zendesk_handoff.rasa.compat import read_config_file
from zendesk_handoff.settings.credentials_file import (
    CREDENTIALS_VARIABLE,
    credentials_file,
    file_of_block,
    use_file_of_server,
)

BLOCK = {
    "public_url": "https://bot.example.com",
    "timeouts": {"undelivered": False, "waiting_offer": 30},
    "connectors": {
        "support": {"app_id": "64b0c0ffee0000000000a001", "key_secret": "${A_KEY_SECRET}"},
        "Jörg's": {"app_id": 5, "webhook_secret": ["${A_KEY_SECRET}", "other"]},
    },
}


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("A_KEY_SECRET", "a key secret")


def write(path, **changes):
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"rest": None, "zendesk_handoff.channels.ZendeskInput": {**BLOCK, **changes}}
    file.write_text(yaml.safe_dump(content, allow_unicode=True))
    return file


def handed(file):
    """Read a block as Rasa does."""
    return read_config_file(file)["zendesk_handoff.channels.ZendeskInput"]


def found(file, arguments=(), environ=None):
    return file_of_block(handed(file), environ or {}, arguments)


@pytest.mark.parametrize(
    "option",
    [
        ["--credentials", "conf/prod.yml"],
        ["--credentials=conf/prod.yml"],
        ["--cred", "conf/prod.yml"],
        ["run", "-p", "5005", "--cr=conf/prod.yml", "--debug"],
    ],
)
def test_the_one_of_the_command_line(option):
    other, file = (
        write("credentials.yml", public_url="https://other.example"),
        write("conf/prod.yml"),
    )
    assert found(file, option) == Path("conf/prod.yml")
    assert found(other, option) == Path("credentials.yml"), "the block stands elsewhere"


def test_the_variables_is_for_the_action_server_and_the_command_line_is_rasas():
    environ = {CREDENTIALS_VARIABLE: "actions/credentials.yml"}
    write("actions/credentials.yml"), write("conf/prod.yml")
    file = write("credentials.yml")
    assert found(file, environ=environ) == Path("actions/credentials.yml")
    assert found(file, ["--credentials", "conf/prod.yml"], environ) == Path("conf/prod.yml")
    write("actions/credentials.yml", public_url="https://other.example")
    assert found(file, environ=environ) == Path("credentials.yml")


@pytest.mark.parametrize("arguments", [["--credentials"], ["--cors", "x"], ["--c", "x"], []])
def test_the_one_in_the_working_directory(arguments):
    write("x")
    assert found(write("credentials.yml"), arguments) == Path("credentials.yml")


@pytest.mark.parametrize("content", [b"", b"[1, 2]", b"\xff\xfe", b"a: [", None])
def test_files_that_rasa_cannot_have_read_are_passed_over(content):
    file = write("credentials.yml")
    if content is not None:
        Path("broken.yml").write_bytes(content)
    assert found(file, ["--credentials", "broken.yml"]) == Path("credentials.yml")


def test_a_block_that_stands_nowhere():
    """As of a program that makes the channel itself."""
    assert file_of_block(BLOCK, {}, []) == Path("credentials.yml")
    assert file_of_block(BLOCK, {CREDENTIALS_VARIABLE: "a/b.yml"}, []) == Path("a/b.yml")


def test_actions_in_the_rasa_server_use_its_file(tmp_path):
    """As Rasa Pro runs them, with whichever file `rasa run --credentials` has named."""
    file = tmp_path / "other.yml"
    use_file_of_server(file)
    try:
        assert credentials_file({}) == file
        assert credentials_file({CREDENTIALS_VARIABLE: "named.yml"}) == Path("named.yml")
    finally:
        use_file_of_server(None)
    assert credentials_file({}) == Path("credentials.yml")
