"""``zendesk-handoff hours``."""

from __future__ import annotations

import re

import pytest
import yaml
from typer.testing import CliRunner

from tests.support.pages import DOCS
from zendesk_handoff.cli import app

PAGE = (DOCS / "hours.md").read_text("utf-8")
ACCOUNT = {
    "subdomain": "your-company",
    "app_id": "5f0c",
    "key_id": "app_1",
    "key_secret": "the-secret",
    "webhook_secret": "another-secret-of-zendesk",
}
HOURS = {
    "time_zone": "Europe/Berlin",
    "week": {"mon-fri": "9:00-17:30", "sat": "22:00-6:00"},
    "dates": {"2026-12-24": ["9-12", "13-14"]},
}


@pytest.fixture
def credentials(tmp_path):
    connectors = {
        "support": {**ACCOUNT, "hours": HOURS, "closed": "message"},
        "wholesale": {**ACCOUNT, "workspaces": ["wholesale"]},
    }
    block = {"public_url": "https://bot.example.com", "connectors": connectors}
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump({"channels.ZendeskInput": block}))
    return str(file)


def shown(credentials, *options):
    done = CliRunner().invoke(app, ["hours", "--credentials", credentials, *options])
    assert done.exit_code == 0, done.stderr
    return done.stdout.splitlines()


def test_the_coming_week_and_the_moment(credentials):
    state, other, _, heading, *week = shown(credentials, "--at", "2026-12-23T18:00")
    assert state == (
        "support: nobody is there (2026-12-23 18:00 in Europe/Berlin); somebody is back tomorrow "
        "at 9 am. Until then the bot takes a message, which is answered by e-mail."
    )
    assert other == "wholesale: no hours; somebody is always there."
    assert heading.split() == ["connector", "day", "date", "hours", "holiday"]
    assert [line.split()[1:] for line in week] == [
        ["Wednesday", "2026-12-23", "9:00-17:30"],
        ["Thursday", "2026-12-24", "9:00-12:00,", "13:00-14:00"],
        ["Friday", "2026-12-25", "9:00-17:30"],
        ["Saturday", "2026-12-26", "22:00-6:00"],
        ["Sunday", "2026-12-27", "closed"],
        ["Monday", "2026-12-28", "9:00-17:30"],
        ["Tuesday", "2026-12-29", "9:00-17:30"],
    ]


def test_while_somebody_is_there(credentials):
    state, *_ = shown(credentials, "--at", "2026-12-23T17:29")
    assert state == "support: somebody is there (2026-12-23 17:29 in Europe/Berlin)."
    assert len(shown(credentials)) == 4 + 7, "now"


@pytest.mark.parametrize("moment", ["2026-12-23T17:00Z", "2026-12-23T12:00-05:00"])
def test_a_moment_with_an_offset_is_the_same_everywhere(credentials, moment):
    state, *_ = shown(credentials, "--at", moment)
    assert "(2026-12-23 18:00 in Europe/Berlin)" in state


@pytest.mark.parametrize(
    "moment", ["tomorrow", "2026-13-01", "", "0001-01-01", "9999-12-31T23:59", "12-24"]
)
def test_a_moment_that_is_none(credentials, moment):
    done = CliRunner().invoke(app, ["hours", "--credentials", credentials, "--at", moment])
    assert done.exit_code == 1
    assert "2026-12-24T18:00" in done.stderr


def test_the_hours_of_the_page(tmp_path, monkeypatch):
    pytest.importorskip("holidays")
    for name in ("ZENDESK_KEY_SECRET", "ZENDESK_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, "a-secret-of-the-page")
    [block] = re.findall(r"```yaml\n(# credentials.yml\n.*?)```", PAGE, re.DOTALL)
    file = tmp_path / "credentials.yml"
    file.write_text(block)
    state, _, _, *week = shown(str(file), "--at", "2026-12-24T10:00")
    assert state == "support: somebody is there (2026-12-24 10:00 in Europe/Berlin)."
    assert week[0].split()[1:] == ["Thursday", "2026-12-24", "9:00-12:00"]
    assert week[1].split()[1:4] == ["Friday", "2026-12-25", "closed"]
    assert len(week[1].split()) > 4, "with the holiday's name"
    state, *_ = shown(str(file), "--at", "2026-12-24T13:00")
    assert "back on Monday at 9 am" in state
    state, *_ = shown(str(file), "--at", "2027-01-06T13:00")
    assert "somebody is there" in state
