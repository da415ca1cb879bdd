"""The path of an SQLite store: the same database for both servers and the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import structlog
import yaml

from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import load_settings, read_settings
from zendesk_handoff.settings.credentials_file import CREDENTIALS_VARIABLE
from zendesk_handoff.settings.store_path import place_store

CONNECTOR = {
    "subdomain": "your-company",
    "app_id": "5f0c",
    "key_id": "app_1",
    "key_secret": "k",
    "webhook_secret": "w" * 16,
}
BLOCK = {"public_url": "https://bot.example.com", "connectors": {"support": CONNECTOR}}


def write(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "credentials.yml"
    file.write_text(yaml.safe_dump({"zendesk_handoff.channels.ZendeskInput": {**BLOCK, **changes}}))
    return file


def in_folder(monkeypatch, folder):
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)


@pytest.mark.parametrize("folder", ["bot", "my bot", "王 小明", "a#b"])
def test_both_servers_in_different_folders_use_one_database(tmp_path, monkeypatch, folder):
    """The action server in a folder of its own; the Rasa server is handed the block by Rasa."""
    file = write(tmp_path / folder, store_url="sqlite:///data/chats.db")
    expected = f"sqlite:///{tmp_path / folder}/data/chats.db"
    monkeypatch.setenv(CREDENTIALS_VARIABLE, str(file))
    in_folder(monkeypatch, tmp_path / "actions")
    assert load_settings(for_actions=True).store_url == expected
    monkeypatch.delenv(CREDENTIALS_VARIABLE)
    in_folder(monkeypatch, tmp_path / "elsewhere")
    monkeypatch.setattr(sys, "argv", ["rasa", "run", "--credentials", f"../{folder}/{file.name}"])
    block = yaml.safe_load(file.read_text())["zendesk_handoff.channels.ZendeskInput"]
    settings = read_settings(block)
    assert settings.store_url == expected
    assert os.path.samefile(settings.credentials_file, file)
    assert load_settings(file).store_url == expected, "the command line, with --credentials"


def test_the_default_stands_beside_the_file(tmp_path, monkeypatch):
    in_folder(monkeypatch, tmp_path / "actions")
    settings = load_settings(write(tmp_path / "bot"))
    assert settings.store_url == f"sqlite:///{tmp_path}/bot/handoff.db"


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite:////var/lib/bot/handoff.db", "sqlite://", "sqlite:///:memory:"),
        *("postgresql://u:p@db/chats", "postgres://db/chats?sslmode=require"),
    ],
)
def test_other_addresses_stay_as_they_are(tmp_path, url):
    assert place_store(url, tmp_path) == url


def test_the_query_is_kept(tmp_path):
    assert place_store("sqlite:///a.db?cache=shared", tmp_path).endswith("/a.db?cache=shared")


def test_a_database_of_an_earlier_version_is_found_in_the_working_directory(tmp_path, monkeypatch):
    """Before, the path counted from there; it is said, and nothing is moved."""
    file = write(tmp_path / "conf", store_url="sqlite:///handoff.db")
    in_folder(monkeypatch, tmp_path / "bot")
    Path("handoff.db").write_bytes(b"")
    with structlog.testing.capture_logs() as logs:
        assert load_settings(file).store_url == f"sqlite:///{tmp_path}/bot/handoff.db"
    [line] = logs
    assert line["event"] == "handoff.store.in_working_directory"
    assert line["store"] == f"{tmp_path}/bot/handoff.db"
    assert f"{tmp_path}/conf/handoff.db" in line["remedy"]
    # Once it is moved, or a new one was made, the rule holds.
    (tmp_path / "conf" / "handoff.db").write_bytes(b"")
    with structlog.testing.capture_logs() as logs:
        assert load_settings(file).store_url == f"sqlite:///{tmp_path}/conf/handoff.db"
    assert logs == []


@pytest.mark.parametrize(
    "url",
    [
        *("sqlite://handoff.db", "sqlite:handoff.db", "handoff.db", "mysql://db/chats", "", 5),
        *("postgresql://u:p@db:port/chats", "postgresql+psycopg2://db/chats"),
    ],
)
def test_an_address_that_no_store_has_is_told_before_anything_starts(url):
    with pytest.raises(SettingsError, match="store_url: must be"):
        read_settings({**BLOCK, "store_url": url}, environ={})
