"""The command ``report``: what it says as text and as JSON, on both databases."""

from __future__ import annotations

import json
import re
import shlex
import time

import pytest

from tests.support.handovers import WORDS, at, handover
from tests.support.names import TEXTS
from tests.support.pages import DOCS
from zendesk_handoff.domain.distinct import Distinct
from zendesk_handoff.domain.session import State
from zendesk_handoff.store.engine.schema import daily_users
from zendesk_handoff.store.handovers import SHARED_BY

PERIOD = ("--since", "2026-03-01", "--until", "2026-03-31")
WEEK = (
    handover(at("2026-03-02 09:15"), wait=40, length=600),
    handover(at("2026-03-02 09:45"), wait=120, length=900, channel="slack"),
    handover(at("2026-03-03 14:00"), state=State.FAILED),
    handover(at("2026-03-04 23:30"), length=60, end_reason="user", workspace="garden"),
    handover(at("2026-03-05 10:00"), state=State.WAITING),
    handover(at("2026-02-28 10:00"), wait=1),
    handover(at("2026-04-01 00:00"), wait=1),
)


def as_json(done):
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def counts(groups):
    return {each["name"]: each["handovers"] for each in groups if each["handovers"]}


def test_the_figures_of_a_period_as_json(run, store_all):
    store_all(*WEEK)
    found = as_json(run("--json", *PERIOD))
    assert found["since"] == "2026-03-01T00:00:00+00:00"
    assert found["until"] == "2026-04-01T00:00:00+00:00"
    assert found["time_zone"] == "UTC"
    names = ("handovers", "failed", "open", "answered", "ended_without_answer")
    assert [found[name] for name in names] == [5, 1, 1, 2, 1]
    assert found["wait_seconds"] == {"count": 2, "median": 80, "p90": 120}
    assert found["length_seconds"] == {"count": 3, "median": 600, "p90": 900}
    assert found["ends"] == {"agent": 2, "failed": 1, "user": 1, "open": 1}
    assert counts(found["by_reason"]) == {"request": 5}
    assert counts(found["by_channel"]) == {"webchat": 4, "slack": 1}
    assert counts(found["by_workspace"]) == {"default": 4, "garden": 1}
    assert counts(found["by_hour"]) == {"09:00": 2, "10:00": 1, "14:00": 1, "23:00": 1}
    assert counts(found["by_day"])["2026-03-02"] == 2
    assert found["undelivered"] == {
        "refused_by_zendesk": 0,
        "refused_by_channel": 0,
        "unreadable": 0,
    }
    assert found["users"] is None


def test_the_figures_of_a_period_as_text(run, store_all):
    store_all(*WEEK)
    shown = run(*PERIOD)
    assert shown.exit_code == 0, shown.output
    heading, *lines = shown.stdout.splitlines()
    assert heading == ("Handovers from 2026-03-01 00:00 to 2026-04-01 00:00, UTC; all connectors")
    rows = [line.rstrip() for line in lines]
    assert any(row.split() == ["handovers", "5"] for row in rows)
    assert any("wait for a person, median" in row and "1 min 20 s" in row for row in rows)
    [nine] = [row for row in rows if row.startswith("09:00")]
    assert nine.split()[1:4] == ["2", "0", "2"]
    assert not any(row.startswith("03:00") for row in rows), "an hour without a handover"
    assert any(
        row.split() == ["garden", "1", "0", "0", "–", "–", "1", "min", "1", "min"] for row in rows
    )


def test_ratings_and_how_many_were_asked(run, store_all):
    when = at("2026-03-02 09:15")
    rated = [handover(when + n, rating=rating) for n, rating in enumerate((5, 5, 4, 1))]
    store_all(*rated, handover(when, is_asked=True), handover(when))
    assert as_json(run("--json", *PERIOD))["ratings"] == {
        "asked": 5,
        "given": 4,
        "mean": 3.75,
        "counts": {"1": 1, "2": 0, "3": 0, "4": 1, "5": 2},
    }
    assert "mean rating, of 4 by 5 asked 3.8 of 5" in " ".join(run(*PERIOD).stdout.split())
    none = as_json(run("--json", "--since", "2026-01-01", "--until", "2026-01-02"))["ratings"]
    assert (none["asked"], none["mean"]) == (0, None)


def test_a_message_that_was_left_is_no_handover(run, store_all):
    when, left = at("2026-03-02 09:15"), {"message": WORDS, "end_reason": "message_left"}
    store_all(handover(when, wait=5), handover(when, **left), handover(when, wait=7, **left))
    found = as_json(run("--json", *PERIOD))
    names = ("handovers", "answered", "ended_without_answer", "failed", "messages_left")
    assert [found[name] for name in names] == [1, 1, 0, 0, 2]
    assert found["messages_not_sent"] == 0
    assert found["ends"] == {"agent": 1}
    shown = run(*PERIOD).stdout
    assert "messages left while nobody was there 2" in " ".join(shown.split())
    assert "could not be sent" not in shown
    failed, ended = {"state": State.FAILED, "message": WORDS}, {**left, "end_reason": "user"}
    under_way = {"state": State.OPENING, "message": WORDS}
    store_all(*(handover(when, **each) for each in (failed, failed, ended, under_way)))
    found = as_json(run("--json", *PERIOD))
    assert (found["messages_left"], found["messages_not_sent"]) == (2, 3)
    shown = run(*PERIOD).stdout
    assert "such messages that could not be sent 3" in " ".join(shown.split())
    assert WORDS not in shown


def test_hours_and_days_are_those_of_the_time_zone(run, store_all):
    store_all(*WEEK)
    found = as_json(run("--json", *PERIOD, "--time-zone", "Asia/Tokyo"))
    assert found["since"] == "2026-03-01T00:00:00+09:00"
    assert counts(found["by_hour"]) == {"08:00": 1, "18:00": 2, "19:00": 1, "23:00": 1}
    assert counts(found["by_day"])["2026-03-05"] == 2


def test_one_connector_alone(run, store_all):
    store_all(handover(at("2026-03-02 09:15")), handover(at("2026-03-02 09:15"), connector="old"))
    assert as_json(run("--json", *PERIOD, "--connector", "old"))["handovers"] == 1
    assert as_json(run("--json", *PERIOD))["handovers"] == 2
    assert "connector old" in run(*PERIOD, "--connector", "old").stdout
    unknown = run("--connector", "sales")
    assert unknown.exit_code == 1
    assert "There is no connector 'sales'; known: old, support." in unknown.stderr


def test_an_empty_store_has_a_report(run):
    found = as_json(run("--json"))
    assert found["handovers"] == 0
    assert found["wait_seconds"] == {"count": 0, "median": None, "p90": None}
    assert run().exit_code == 0


def test_nobodys_words_are_shown(run, store_all, tmp_path):
    now = time.time() - 3600
    store_all(*(handover(now + n, wait=5, length=9, reason=each) for n, each in enumerate(TEXTS)))
    store_all(*(handover(now + n, sender=WORDS, reason=WORDS) for n in range(SHARED_BY)))
    page = tmp_path / "report.html"
    assert run("--html", page, "--reasons").exit_code == 0
    for shown in (run().output, run("--json", "--reasons").output, page.read_text()):
        assert WORDS not in shown
        assert not [each for each in TEXTS if each[:20] in shown]


def test_reasons_of_the_bots_own_are_shown_on_request_if_users_share_them(run, store_all):
    contract, now = "The customer cancels the contract.", time.time() - 3600
    store_all(*(handover(now + n, reason=contract) for n in range(SHARED_BY)))
    store_all(handover(now, reason="The invoice of Mara"))
    assert counts(as_json(run("--json"))["by_reason"]) == {"bot": SHARED_BY + 1}
    found = counts(as_json(run("--json", "--reasons"))["by_reason"])
    assert found == {f"bot: {contract}": SHARED_BY, "bot": 1}
    assert contract in run("--reasons").stdout
    assert "Mara" not in run("--reasons").stdout


def test_foreign_values_have_no_effect_on_the_terminal(run, store_all):
    store_all(handover(time.time() - 9, workspace="[red]shop[/] \x1b[31m\x07", channel="a\nb"))
    shown = run().stdout
    assert "[red]shop[/] \\x1b[31m\\x07" in shown
    assert "a\\nb" in shown


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--time-zone", "Berlin"), "The time zone 'Berlin' is unknown"),
        (("--since", "2026-03-02", "--until", "2026-03-01"), "is after the last one"),
        (("--since", "2026-03-02", "--days", "3"), "either --days or --since"),
        (("--until", "2999-01-01"), "is after today"),
    ],
)
def test_an_option_that_makes_no_sense_is_reported(run, options, says):
    done = run(*options)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr


@pytest.mark.parametrize("options", [("--days", "0"), ("--since", "yesterday"), ("--days", "many")])
def test_a_wrong_option_is_refused(run, options):
    assert run(*options).exit_code == 2


def counted(day, channel, names):
    """Make the work that stores the users of a day."""
    users = Distinct()
    for name in names:
        users.add(name)
    row = {"day": day, "channel": channel, "users": users.pack()}
    return lambda connection: connection.execute(daily_users.insert().values(row)).rowcount


def test_users_whom_the_bot_has_served_alone(run, store_all):
    names = [f"user {number}" for number in range(50)]
    store_all(
        counted("2026-03-02", "webchat", names),
        counted("2026-03-03", "webchat", names[:20]),
        handover(at("2026-03-02 09:00"), sender=names[7]),
    )
    assert as_json(run("--json", *PERIOD))["users"] == {
        "first_day": "2026-03-02",
        "last_day": "2026-03-31",
        "count": 50,
        "asked_for_a_person": 1,
        "contained_share": 0.98,
        "by_channel": [{"name": "webchat", "count": 50, "asked_for_a_person": 1}],
    }
    assert "98%" in run(*PERIOD).stdout
    assert as_json(run("--json", *PERIOD, "--connector", "support"))["users"] is None


def test_the_commands_of_the_page(run, store_all, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store_all(*WEEK)
    page = (DOCS / "report.md").read_text()
    [block] = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for line in block.splitlines():
        _, command, *options = shlex.split(line)
        assert command == "report"
        done = run(*options)
        assert done.exit_code == 0, done.output
    assert "Europe/Berlin" in (tmp_path / "report.html").read_text()
