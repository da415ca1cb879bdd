"""Opening hours, by clocks of several time zones."""

from __future__ import annotations

from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from zendesk_handoff.domain.hours import ALL_DAY, CLOSED, DAY, OpeningHours, Span

BERLIN, NEW_YORK, KATHMANDU = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Kathmandu"))
OFFICE = (Span(9 * 60, 17 * 60 + 30),)
WEEK = (OFFICE,) * 5 + (CLOSED,) * 2
CHRISTMAS = date(2026, 12, 25)


def at(text, zone=BERLIN, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def opens(hours, text):
    found = hours.next_opening(at(text, hours.zone))
    return found and found.isoformat()


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KATHMANDU])
@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-27T08:59:59", False),
        ("2026-11-27T09:00", True),
        ("2026-11-27T17:29:59", True),
        ("2026-11-27T17:30", False),
        ("2026-11-28T12:00", False),
        ("2026-11-27T00:00", False),
    ],
)
def test_a_week_in_its_own_time_zone(zone, moment, is_open):
    hours = OpeningHours(zone, WEEK)
    assert hours.is_open(at(moment, zone)) is is_open
    assert (hours.closing(at(moment, zone)) is None) is is_open


@pytest.mark.parametrize(
    ("now", "back"),
    [
        ("2026-11-27T03:00", "2026-11-27T09:00:00+01:00"),
        ("2026-11-26T18:00", "2026-11-27T09:00:00+01:00"),
        ("2026-11-27T17:30", "2026-11-30T09:00:00+01:00"),
        ("2026-03-27T18:00", "2026-03-30T09:00:00+02:00"),  # summer time begins between
        ("2026-12-31T20:00", "2027-01-01T09:00:00+01:00"),
    ],
)
def test_when_somebody_is_back(now, back):
    assert opens(OpeningHours(BERLIN, WEEK), now) == back


def test_a_break_at_noon_and_the_last_minute_of_a_day():
    hours = OpeningHours(BERLIN, ((Span(540, 720), Span(780, DAY)),) * 7)
    assert opens(hours, "2026-11-27T12:30") == "2026-11-27T13:00:00+01:00"
    assert hours.is_open(at("2026-11-27T23:59:59"))
    assert opens(hours, "2026-11-28T00:00") == "2026-11-28T09:00:00+01:00"


def test_a_night_belongs_to_the_day_on_which_it_begins():
    hours = OpeningHours(BERLIN, (CLOSED,) * 4 + ((Span(22 * 60, DAY + 6 * 60),), CLOSED, CLOSED))
    assert hours.is_open(at("2026-11-28T05:59"))
    assert not hours.is_open(at("2026-11-28T06:00"))
    assert not hours.is_open(at("2026-11-27T05:00"))
    assert opens(hours, "2026-11-28T06:00") == "2026-12-04T22:00:00+01:00"


def test_around_the_clock_there_is_no_gap_at_midnight():
    hours = OpeningHours(NEW_YORK)
    # Both days on which the clock is changed, minute by minute.
    for day in ("2026-03-08", "2026-11-01"):
        start = at(f"{day}T00:00", NEW_YORK)
        assert all(hours.is_open(start + 60 * minute) for minute in range(26 * 60))


def test_an_hour_that_the_clock_shows_twice_is_open_both_times():
    hours = OpeningHours(BERLIN, ((Span(120, 180),),) * 7)
    first, second = at("2026-10-25T02:30"), at("2026-10-25T02:30", fold=1)
    assert second - first == 3600
    assert hours.is_open(first)
    assert hours.is_open(second)
    assert not hours.is_open(at("2026-10-25T03:00"))


def test_an_hour_that_is_left_out_begins_when_the_clock_goes_on():
    hours = OpeningHours(BERLIN, ((Span(150, 360),),) * 7)
    assert opens(hours, "2026-03-29T01:00") == "2026-03-29T03:30:00+02:00"


def test_a_week_without_an_opening():
    hours = OpeningHours(BERLIN, (CLOSED,) * 7)
    closing = hours.closing(at("2026-11-27T12:00"))
    assert closing.opens is None
    assert closing.now == datetime(2026, 11, 27, 12, tzinfo=BERLIN)


def test_a_date_goes_before_a_holiday_and_a_holiday_before_the_week():
    hours = OpeningHours(
        BERLIN,
        (OFFICE,) * 7,
        dates={date(2026, 12, 26): ALL_DAY, date(2027, 1, 1): None},
        yearly={(12, 24): (Span(540, 720),)},
        holiday=lambda day: "Holiday" if day.day in {1, 25, 26} else None,
    )
    assert opens(hours, "2026-12-24T12:00") == "2026-12-26T00:00:00+01:00"
    assert hours.day(CHRISTMAS) == (CHRISTMAS, CLOSED, "Holiday")
    assert hours.day(date(2027, 1, 1)).spans == OFFICE
    assert hours.day(date(2030, 12, 24)).spans == (Span(540, 720),)
    assert hours.is_open(at("2026-12-26T23:00"))


def test_a_moment_is_the_same_wherever_it_is_asked_for():
    hours = OpeningHours(KATHMANDU, WEEK)
    utc = datetime(2026, 11, 27, 3, 15, tzinfo=timezone.utc).timestamp()  # 9:00 there
    assert hours.is_open(utc)
    assert not hours.is_open(utc - 1)
