"""The command line makes no store: it says where it has looked, and who makes it."""

from __future__ import annotations

import os

import pytest
import yaml
from typer.testing import CliRunner

from zendesk_handoff.cli import app

CONNECTOR = {
    "subdomain": "your-company",
    "app_id": "5f0c",
    "key_id": "app_1",
    "key_secret": "k",
    "webhook_secret": "w" * 16,
}
COMMANDS = (
    *(["sessions"], ["sessions", "--json"], ["retry", "ab"], ["end", "ab"]),
    *(["purge", "--older-than", "1"], ["export", "mara"], ["forget", "mara", "--yes"]),
)


@pytest.fixture
def credentials(empty_url, tmp_path):
    block = {"public_url": "https://bot.example.com", "connectors": {"support": CONNECTOR}}
    file = tmp_path / "bot" / "credentials.yml"
    file.parent.mkdir()
    store_url = empty_url if empty_url.startswith("postgresql") else "sqlite:///handoff.db"
    file.write_text(yaml.safe_dump({"channels.ZendeskInput": {**block, "store_url": store_url}}))
    return file


@pytest.fixture
def run(credentials, tmp_path, monkeypatch):
    """Run a command in another folder."""
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")

    def run(*arguments):
        return CliRunner().invoke(app, [*arguments, "--credentials", str(credentials)])

    return run


def all_files(tmp_path):
    return sorted(str(each) for each in tmp_path.rglob("*") if each.is_file())


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_missing_file_is_named_and_not_made(run, credentials, tmp_path, command):
    before = all_files(tmp_path)
    done = run(*command)
    assert done.exit_code == 1, done.output
    store = credentials.with_name("handoff.db")
    assert (
        f"The store sqlite:///{store} does not exist; `store_url` in {credentials}" in done.stderr
    )
    assert "The Rasa server makes it when it starts" in done.stderr
    assert done.stdout == ""
    assert all_files(tmp_path) == before


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_an_empty_file_is_no_store(run, credentials):
    store = credentials.with_name("handoff.db")
    store.touch()
    assert "does not exist" in run("sessions").stderr
    assert os.path.getsize(store) == 0


def test_a_database_without_the_plugins_tables_gets_none(run, empty_url, credentials):
    import sqlalchemy as sa

    if empty_url.startswith("sqlite"):
        engine = sa.create_engine(f"sqlite:///{credentials.with_name('handoff.db')}")
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE events (id INTEGER)"))
    for _ in range(2):
        done = run("sessions")
        assert done.exit_code == 1
        assert "has no tables of the plugin's; `store_url` in " in done.stderr
    if empty_url.startswith("sqlite"):
        assert sa.inspect(engine).get_table_names() == ["events"]
