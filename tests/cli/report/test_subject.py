"""The period of a report."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from zendesk_handoff.cli.report.subject import choose, read_zone
from zendesk_handoff.errors import HandoffError

NOW = datetime(2026, 3, 31, 22, 30, tzinfo=timezone.utc)


def chosen(zone="UTC", **values):
    return choose(now=NOW, zone=zone, **values)


def shown(subject):
    return [f"{each:%Y-%m-%d %H:%M %z}" for each in (subject.since, subject.until)]


def test_thirty_days_are_the_default_and_today_is_one_of_them():
    assert shown(chosen()) == ["2026-03-02 00:00 +0000", "2026-03-31 22:30 +0000"]
    assert shown(chosen(days=1)) == ["2026-03-31 00:00 +0000", "2026-03-31 22:30 +0000"]


def test_days_begin_at_midnight_of_the_time_zone():
    berlin = chosen("Europe/Berlin", days=4)  # where it is April already, and summer since Sunday
    assert shown(berlin) == ["2026-03-29 00:00 +0100", "2026-04-01 00:30 +0200"]
    assert berlin.period.until - berlin.period.since == 3 * 86400 + 30 * 60 - 3600
    assert berlin.title == "2026-03-29 00:00 to 2026-04-01 00:30, Europe/Berlin"


def test_a_first_and_a_last_day_are_both_part_of_it():
    found = chosen(since=date(2026, 1, 1), until=date(2026, 1, 31))
    assert shown(found) == ["2026-01-01 00:00 +0000", "2026-02-01 00:00 +0000"]
    assert shown(chosen(until=date(2026, 1, 31), days=31)) == shown(found)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"days": 3, "since": date(2026, 3, 1)}, "either --days or --since"),
        ({"until": date(2026, 4, 1)}, "--until 2026-04-01 is after today, which is 2026-03-31"),
        ({"since": date(2026, 3, 2), "until": date(2026, 3, 1)}, "is after the last one"),
        ({"since": date(2027, 1, 1)}, "is after the last one"),
    ],
)
def test_a_period_without_a_day_is_refused(values, says):
    with pytest.raises(HandoffError, match=says):
        chosen(**values)


@pytest.mark.parametrize("days", [10_000, 100_000_000])
def test_any_number_of_days_is_possible(days):
    assert chosen(days=days).since.year == 2000


@pytest.mark.parametrize(
    "name", ["", "Berlin", "../../etc/passwd", "/etc/localtime", "Europe", "UTC\x00", "x" * 5_000]
)
def test_an_unknown_time_zone_is_reported(name):
    with pytest.raises(HandoffError, match=r"is unknown\. Write one like Europe/Berlin"):
        read_zone(name)


def test_what_retention_has_deleted_is_said():
    assert chosen(days=30, kept_days=None).note == ""
    assert chosen(days=30, kept_days=30).note == ""
    note = chosen(days=31, kept_days=29.5).note
    assert "deleted 29.5 days after their end (`retention.days`)" in note
    assert timedelta(days=30) < NOW - chosen(days=31).since
