"""Opening hours: whether somebody is there at a moment, and when somebody is there next. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

#: Minutes of a day.
DAY = 24 * 60
#: Days within which the next opening is looked for; hours that have none in a year have none.
_HORIZON = 370


class Span(NamedTuple):
    """A time in which somebody is there.

    Args:
        start: Minutes after midnight, by the clock on the wall.
        end: Likewise; above 1440 where it ends on the following day.
    """

    start: int
    end: int


Spans = tuple[Span, ...]
ALL_DAY: Spans = (Span(0, DAY),)
CLOSED: Spans = ()


class Day(NamedTuple):
    """A day of a calendar.

    Args:
        date: The date, in the time zone of the hours.
        spans: When somebody is there; those that begin on this day.
        holiday: The name of a public holiday; ``None`` if it is none.
    """

    date: date
    spans: Spans
    holiday: str | None = None


class Closing(NamedTuple):
    """A moment at which nobody is there.

    Args:
        now: The moment, in the time zone of the hours.
        opens: When somebody is there next; ``None`` if nobody is there within a year.
    """

    now: datetime
    opens: datetime | None


def _no_holiday(_day: date) -> str | None:
    return None


@dataclass(frozen=True)
class OpeningHours:
    """The hours in which agents are there.

    A date goes before a holiday, and a holiday before the day of the week.

    Args:
        zone: The time zone in which the times are meant.
        week: The times of each weekday, Monday first.
        dates: Those of single dates; ``None`` says that it is a day like others of its weekday,
            holiday or not.
        yearly: The same, by month and day, for every year.
        holiday: Names the public holiday of a date.
    """

    zone: ZoneInfo
    week: Sequence[Spans] = (ALL_DAY,) * 7
    dates: Mapping[date, Spans | None] = field(default_factory=dict)
    yearly: Mapping[tuple[int, int], Spans | None] = field(default_factory=dict)
    holiday: Callable[[date], str | None] = _no_holiday

    def day(self, day: date) -> Day:
        """Look a day up.

        Args:
            day: A date in the time zone of the hours.
        """
        usual, holiday = self.week[day.weekday()], self.holiday(day)
        for table, key in ((self.dates, day), (self.yearly, (day.month, day.day))):
            if key in table:
                spans = table[key]  # type: ignore[index]  # each table with a key of its own
                return Day(day, usual if spans is None else spans, holiday)
        return Day(day, CLOSED if holiday else usual, holiday)

    def is_open(self, at: float) -> bool:
        """Tell whether somebody is there.

        Args:
            at: Seconds since the epoch.
        """
        return any(start <= at < end for start, end in self._periods(at, days=1))

    def closing(self, at: float) -> Closing | None:
        """Tell when somebody is back; ``None`` while somebody is there.

        Args:
            at: Seconds since the epoch.
        """
        return None if self.is_open(at) else Closing(self.local(at), self.next_opening(at))

    def next_opening(self, at: float) -> datetime | None:
        """Find when somebody is there next.

        Args:
            at: Seconds since the epoch, at which nobody is there.

        Returns:
            The time, in the time zone of the hours; ``None`` if nobody is there within a year.
        """
        starts = (start for start, _ in self._periods(at, days=_HORIZON) if start > at)
        found = next(starts, None)
        return None if found is None else datetime.fromtimestamp(found, self.zone)

    def local(self, at: float) -> datetime:
        """Return a moment in the time zone of the hours.

        Args:
            at: Seconds since the epoch.
        """
        return datetime.fromtimestamp(at, self.zone)

    def _periods(self, at: float, *, days: int) -> Iterable[tuple[float, float]]:
        """Yield the periods from the day before a moment on, in seconds since the epoch."""
        first = self.local(at).date() - timedelta(days=1)  # whose last period may not be over
        for number in range(days + 1):
            day = self.day(first + timedelta(days=number))
            for span in sorted(day.spans):
                # An hour that the clock shows twice is open both times.
                yield self._moments(day.date, span.start)[0], max(self._moments(day.date, span.end))

    def _moments(self, day: date, minutes: int) -> tuple[float, float]:
        """Return when the clock on the wall shows a time: in autumn that may be twice.

        For a time that is left out in spring, the first is by the offset from before.
        """
        days, minutes = divmod(minutes, DAY)
        clock = time(minutes // 60, minutes % 60)
        local = datetime.combine(day + timedelta(days=days), clock, self.zone)
        return local.timestamp(), local.replace(fold=1).timestamp()
