"""The hours in credentials.yml: what is read, and what is refused with the remedy."""

from __future__ import annotations

import sys
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from zendesk_handoff.domain.hours import CLOSED, Span
from zendesk_handoff.errors import SettingsError
from zendesk_handoff.settings import read_settings
from zendesk_handoff.settings.hours import HoursSettings

DAY = (Span(9 * 60, 17 * 60),)


def connector(hours="{}", **more):
    block = {
        "public_url": "https://bot.example.com",
        "connectors": {
            "support": {
                "subdomain": "your-company",
                "app_id": "5f0c",
                "key_id": "app_1",
                "key_secret": "the-secret",
                "webhook_secret": "another-secret-of-zendesk",
                "hours": yaml.safe_load(hours),
                **more,
            }
        },
    }
    return read_settings(block, environ={}).connectors["support"]


def problems(hours, **more):
    with pytest.raises(SettingsError) as caught:
        connector(hours, **more)
    return {
        each.key.removeprefix("connectors.support."): each.message for each in caught.value.problems
    }


def times(week="{mon: closed}", **more):
    text = "".join(f"\n{key}: {value}" for key, value in more.items())
    return connector(f"time_zone: Europe/Berlin\nweek: {week}{text}").hours.opening_hours()


def test_without_hours_somebody_is_always_there():
    assert connector().hours == HoursSettings()
    assert connector().closing(0.0) is None
    assert connector("").hours.opening_hours() is None


@pytest.mark.parametrize(
    ("week", "read"),
    [
        ("{mon-fri: 9:00-17:00}", [DAY] * 5 + [CLOSED] * 2),
        ("{Monday: 9-17, SUN: '9.00–17.00'}", [DAY, *[CLOSED] * 5, DAY]),
        ("{mon – fri: 9:00-17:00}", [DAY] * 5 + [CLOSED] * 2),
        ("{sat-mon: 9:00 - 17:00}", [DAY, *[CLOSED] * 4, DAY, DAY]),
        ("{mon-sun: 0:00-24:00}", [(Span(0, 1440),)] * 7),
        ("{tue: [9-12, 13-17]}", [CLOSED, (Span(540, 720), Span(780, 1020)), *[CLOSED] * 5]),
        ("{tue: '13-17, 9-12'}", [CLOSED, (Span(540, 720), Span(780, 1020)), *[CLOSED] * 5]),
        ("{fri: 22:00-6:00}", [*[CLOSED] * 4, (Span(1320, 1800),), CLOSED, CLOSED]),
        ("{mon: closed, tue: off, wed: , thu: 9-17}", [*[CLOSED] * 3, DAY, *[CLOSED] * 3]),
    ],
)
def test_weeks(week, read):
    assert list(times(week).week) == read


def test_dates_and_years_and_periods():
    hours = times(
        "{mon-sun: 9-17}",
        dates="{2026-12-24: 9-12, 12-31: closed, 2027-08-09/2027-08-11: off, 02-29: 9-10}",
    )
    assert hours.day(date(2026, 12, 24)).spans == (Span(540, 720),)
    assert hours.day(date(2025, 12, 31)).spans == hours.day(date(2027, 8, 11)).spans == CLOSED
    assert hours.day(date(2027, 8, 12)).spans == DAY
    assert hours.day(date(2028, 2, 29)).spans == (Span(540, 600),)


def test_holidays_by_country_and_exceptions():
    pytest.importorskip("holidays")
    hours = times("{mon-sun: 9-17}", holidays="[DE-BY, us]", dates="{2027-01-06: open}")
    assert hours.day(date(2026, 12, 25)).holiday
    assert hours.day(date(2026, 12, 25)).spans == CLOSED
    assert hours.day(date(2027, 7, 4)).spans == CLOSED, "the United States'"
    assert hours.day(date(2027, 1, 6)).spans == DAY, "Epiphany, on which people work here"
    assert hours.day(date(2028, 1, 6)).spans == CLOSED
    assert hours.day(date(2027, 1, 7)).spans == DAY
    eve = datetime(2026, 12, 24, 18, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
    assert hours.next_opening(eve).isoformat() == "2026-12-27T09:00:00+01:00"


@pytest.mark.parametrize("codes", ["XX", "DE-XX", "[DE, nowhere]", "3", "''", "[]", "{a: b}"])
def test_holidays_of_no_country(codes):
    pytest.importorskip("holidays")
    assert set(problems(f"time_zone: UTC\nholidays: {codes}")) == {"hours.holidays"}


@pytest.mark.parametrize("codes", ["NO", "[SE, NO]"])
def test_norway_is_quoted(codes):
    found = problems(f"time_zone: UTC\nholidays: {codes}")
    assert '`"NO"`' in found["hours.holidays"]


def test_holidays_without_their_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    found = problems("time_zone: UTC\nholidays: DE")
    assert "pip install 'zendesk-handoff[hours]'" in found["hours.holidays"]


@pytest.mark.parametrize(
    ("hours", "key", "remedy"),
    [
        ("week: {mon: 9-17}", "hours.time_zone", "Europe/Berlin"),
        ("time_zone: Mars/Olympus", "hours.time_zone", "Europe/Berlin"),
        ("time_zone: Europe", "hours.time_zone", "Europe/Berlin"),
        ("time_zone: ../../etc/passwd", "hours.time_zone", "Europe/Berlin"),
        ("time_zone: [UTC]", "hours.time_zone", "Europe/Berlin"),
        ("time_zone: 2", "hours.time_zone", "Europe/Berlin"),
        ("{time_zone: UTC, week: 9-17}", "hours.week", "mon-fri"),
        ("{time_zone: UTC, week: {}}", "hours.week", "mon-fri"),
        ("{time_zone: UTC, week: {Montag: 9-17}}", "hours.week", "no weekday"),
        ("{time_zone: UTC, week: {mon-tue-wed: 9-17}}", "hours.week", "no weekday"),
        ("{time_zone: UTC, week: {mon-fri: 9-17, wed: 9-12}}", "hours.week", "Wednesday twice"),
        ("{time_zone: UTC, week: {mon: 9 to 17}}", "hours.week", "9:00-17:30"),
        ("{time_zone: UTC, week: {mon: 9:00}}", "hours.week", "9:00-17:30"),
        ("{time_zone: UTC, week: {mon: 9-25}}", "hours.week", "no clock"),
        ("{time_zone: UTC, week: {mon: 9:60-17:00}}", "hours.week", "no clock"),
        ("{time_zone: UTC, week: {mon: 9-9}}", "hours.week", "0:00-24:00"),
        ("{time_zone: UTC, week: {mon: [9-12, 11-17]}}", "hours.week", "overlap"),
        ("{time_zone: UTC, week: {mon: {from: 9}}}", "hours.week", "9:00-17:30"),
        ("{time_zone: UTC, dates: [2026-12-24]}", "hours.dates", "2026-12-24"),
        ("{time_zone: UTC, dates: {'2026-13-01': closed}}", "hours.dates", "no date"),
        ("{time_zone: UTC, dates: {02-30: closed}}", "hours.dates", "no date"),
        ("{time_zone: UTC, dates: {Christmas: closed}}", "hours.dates", "no date"),
        ("{time_zone: UTC, dates: {2027-01-02/2027-01-01: off}}", "hours.dates", "no period"),
        ("{time_zone: UTC, dates: {2026-01-01/2028-01-01: off}}", "hours.dates", "no period"),
        (
            "{time_zone: UTC, dates: {2026-12-24: off, 2026-12-23/2026-12-25: off}}",
            "hours.dates",
            "twice",
        ),
        ("{time_zone: UTC, weak: {mon: 9-17}}", "hours.weak", "did you mean `week`?"),
        ("9-17", "hours", "block"),
    ],
)
def test_what_cannot_be_read_is_reported_with_the_remedy(hours, key, remedy):
    found = problems(hours)
    assert set(found) == {key}
    assert remedy in found[key]


def test_the_ways_to_be_closed():
    night = "{time_zone: UTC, week: {mon: 9-17}}"
    sunday = datetime(2026, 11, 29, tzinfo=ZoneInfo("UTC")).timestamp()
    assert connector(night).closing(sunday).opens.isoformat() == "2026-11-30T09:00:00+00:00"
    assert connector(night, closed="message").closing(sunday)
    assert connector(night, closed="hand_over").closing(sunday) is None
    assert "`bot` or `message` or `hand_over`" in problems(night, closed="never")["closed"]
