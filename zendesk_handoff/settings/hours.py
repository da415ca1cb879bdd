"""The opening hours of a connector in ``credentials.yml``: readers of times, dates and holidays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from zendesk_handoff.bounds import require
from zendesk_handoff.domain.hours import ALL_DAY, CLOSED, DAY, OpeningHours, Span, Spans
from zendesk_handoff.errors import MissingDependency
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import texts

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
_SPAN = re.compile(rf"{_TIME}\s*[-–]\s*{_TIME}")
_WRITE_TIMES = "write `9:00-17:30`, a list of such, or `closed`."
#: Days that an entry of `dates` may cover.
_LONGEST = 366
#: In `dates`: a day like others of its weekday, holiday or not.
_OPEN = "open"


class Dates(NamedTuple):
    """The days with times of their own.

    Args:
        once: By date.
        yearly: By month and day.
    """

    once: Mapping[date, Spans | None] = {}
    yearly: Mapping[tuple[int, int], Spans | None] = {}


@dataclass(frozen=True)
class Holidays:
    """The public holidays of countries, or of their states and provinces.

    Args:
        codes: ISO 3166 codes: ``DE``, ``DE-BY``, ``US-CA``.
    """

    codes: tuple[str, ...] = ()

    def name(self, day: date) -> str | None:
        """Return the name of a day's holiday, in its country's language."""
        names = (calendar.get(day) for calendar in map(_calendar, self.codes))
        return next((str(name) for name in names if name), None)


_calendars: dict[str, Any] = {}


def _calendar(code: str) -> Any:
    """Return the calendar of one code; it works each year out when it is first asked for."""
    if code not in _calendars:
        import holidays

        country, _, part = code.partition("-")
        _calendars[code] = holidays.country_holidays(country, subdiv=part or None)
    return _calendars[code]


def read_time_zone(value: Any, example: str) -> ZoneInfo:
    """Read the name of a time zone."""
    try:
        return ZoneInfo(value)
    except (LookupError, OSError, TypeError, ValueError):
        raise ValueError(
            f"must be the name of a time zone, such as {example}. Where this machine knows none, "
            "install the extra `hours`, which has them all."
        ) from None


def read_week(value: Any, example: str) -> tuple[Spans, ...]:
    """Read the times of the weekdays; days that are not named are closed."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must be a block of weekdays with their times; write {example}.")
    found: dict[int, Spans] = {}
    for days, times in value.items():
        spans = _spans(times, f"`{days}`")
        for number in _weekdays(days):
            if number in found:
                raise ValueError(f"names {_FULL[number].title()} twice.")
            found[number] = spans
    return tuple(found.get(number, CLOSED) for number in range(7))


def read_holidays(value: Any, example: str) -> Holidays:
    """Read the codes of countries, of which each is known to the package ``holidays``."""
    if any(code is False for code in (value if isinstance(value, list) else [value])):
        raise ValueError('has a code that YAML reads as `false`: write Norway as `"NO"`.')
    codes = tuple(code.upper() for code in texts(value, example))
    try:
        require("holidays", extra="hours", by="`holidays`")
    except MissingDependency as error:
        raise ValueError(f"cannot be read: {error}") from None
    for code in codes:
        try:
            _calendar(code)
        except Exception:  # a package's own errors, of several kinds
            raise ValueError(
                "must be codes of countries, or of their parts, that the package `holidays` "
                f"knows; write {example}."
            ) from None
    return Holidays(codes)


def read_dates(value: Any, example: str) -> Dates:
    """Read the dates with times of their own."""
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a block of dates with their times; write {example}.")
    once: dict[date, Spans | None] = {}
    yearly: dict[tuple[int, int], Spans | None] = {}
    for written, times in value.items():
        spans = None if times == _OPEN or times is True else _spans(times, f"`{written}`")
        keys: dict[Any, Any] = {}
        if found := re.fullmatch(r"(\d{2})-(\d{2})", str(written)):
            month, day = int(found[1]), int(found[2])
            _date(f"2024-{month:02}-{day:02}", written)  # a leap year has every day
            keys, table = {(month, day): spans}, yearly
        else:
            keys, table = dict.fromkeys(_days_of(written), spans), once  # type: ignore[assignment]
        if keys.keys() & table.keys():
            raise ValueError(f"names a day of `{written}` twice.")
        table.update(keys)
    return Dates(once, yearly)


@dataclass(frozen=True)
class HoursSettings:
    """When agents are there; always, where there is no time zone."""

    time_zone: ZoneInfo | None = setting(
        read_time_zone,
        "The time zone of all times. It turns the hours on: without it somebody is always there.",
        default=None,
        example="Europe/Berlin",
        shown="(none)",
    )
    week: tuple[Spans, ...] = setting(
        read_week,
        "The times of the weekdays, in English: `mon-fri: 9:00-17:30`, `sat: [9-12, 13-15]`. A "
        "time may end on the next day: `22:00-6:00`. Days that are not named are closed.",
        default=(ALL_DAY,) * 7,
        example="`mon-fri: 9:00-17:30`",
        shown="(at any time)",
    )
    holidays: Holidays | None = setting(
        read_holidays,
        "Countries whose public holidays are closed, or their states: `DE`, `DE-BY`, "
        "`[US-CA]`; needs the extra `hours`.",
        default=None,
        example="`DE-BY`",
        shown="(none)",
    )
    dates: Dates = setting(
        read_dates,
        "Days with times of their own: `2026-12-24: 9-12`, `12-31: closed` for every year, "
        "`2026-12-24/2027-01-01: closed`, and `open` for a holiday on which people work.",
        default=Dates(),
        example="`2026-12-24: closed`",
        shown="(none)",
    )

    def opening_hours(self) -> OpeningHours | None:
        """Make the hours; ``None`` where somebody is always there."""
        if self.time_zone is None:
            return None
        holiday = (self.holidays or Holidays()).name
        return OpeningHours(self.time_zone, self.week, *self.dates, holiday)

    @property
    def lacks_time_zone(self) -> bool:
        """Whether there are times, and no time zone in which they are meant."""
        return self.time_zone is None and self != HoursSettings()


def _spans(value: Any, where: str) -> Spans:
    """Read the times of one day."""
    if value is None or value is False or value == "closed":  # YAML reads a bare `off` as false
        return CLOSED
    written = value if isinstance(value, list) else str(value).split(",")
    spans = sorted(_span(str(each).strip(), where) for each in written)
    for one, other in pairwise(spans):
        if one.end > other.start:
            raise ValueError(f"{where} has times that overlap.")
    return tuple(spans)


def _span(text: str, where: str) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError(f"{where} has something else than times; {_WRITE_TIMES}")
    start, end = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    if start >= DAY or end > DAY or int(found[2] or 0) > 59 or int(found[4] or 0) > 59:
        raise ValueError(f"{where} has a time that no clock shows; {_WRITE_TIMES}")
    if start == end:
        raise ValueError(f"{where} begins and ends at the same time; write `0:00-24:00` for a day.")
    return Span(start, end if end > start else end + DAY)


def _minutes(hours: str, minutes: str | None) -> int:
    return int(hours) * 60 + int(minutes or 0)


def _weekdays(written: Any) -> Iterator[int]:
    """Yield the numbers of the weekdays of ``mon``, ``Monday`` or ``mon-fri``."""
    first, dash, last = str(written).lower().replace(" ", "").replace("–", "-").partition("-")
    start, end = _weekday(first, written), _weekday(last, written) if dash else None
    end = start if end is None else end
    for number in range(start, (end if end >= start else end + 7) + 1):
        yield number % 7


def _weekday(name: str, written: Any) -> int:
    for names in (_DAYS, _FULL):
        if name in names:
            return names.index(name)
    raise ValueError(f"has `{written}`, which is no weekday; write `mon`, `mon-fri` and so on.")


def _days_of(written: Any) -> list[date]:
    """List the days of a date, or of two with a slash between (ISO 8601)."""
    first, slash, last = str(written).partition("/")
    start = _date(first.strip(), written)
    end = _date(last.strip(), written) if slash else start
    length = (end - start).days + 1
    if not 0 < length <= _LONGEST:
        raise ValueError(f"has `{written}`, which is no period of at most a year.")
    return [start + timedelta(days=number) for number in range(length)]


def _date(text: str, written: Any) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"has `{written}`, which is no date; write `2026-12-24`, `12-24` for every year, or "
            "`2026-12-24/2027-01-01`."
        ) from None
