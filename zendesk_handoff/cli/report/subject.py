"""The subject of a report: its period, in a time zone, and its connector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.store.handovers import Period

DEFAULT_DAYS = 30
#: Before it no handover was made, and some platforms know no earlier times.
_FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True)
class Subject:
    """What a report is about.

    Attributes:
        since: Its beginning, in the time zone of its hours and days.
        until: Its end, which is not part of it.
        zone: The time zone's name.
        connector_id: The connector; ``None`` for all.
        note: What is missing in the store; empty if nothing is.
    """

    since: datetime
    until: datetime
    zone: str
    connector_id: str | None
    note: str = ""

    @property
    def period(self) -> Period:
        """The sessions to count."""
        return Period(self.since.timestamp(), self.until.timestamp(), self.connector_id)

    @property
    def title(self) -> str:
        """The period for people, with its time zone."""
        shown = [f"{each:%Y-%m-%d %H:%M}" for each in (self.since, self.until)]
        return f"{' to '.join(shown)}, {self.zone}"


def choose(
    *,
    now: datetime,
    zone: str,
    days: int | None = None,
    since: date | None = None,
    until: date | None = None,
    connector_id: str | None = None,
    kept_days: float | None = None,
) -> Subject:
    """Choose the period of a report: whole days, of which the last one may be today.

    Args:
        now: The present time, with a time zone.
        zone: The time zone of hours and days, by its name in the IANA database.
        days: The number of days; ``DEFAULT_DAYS`` without a first day.
        since: The first day.
        until: The last day; by default today.
        connector_id: The connector; ``None`` for all.
        kept_days: The days after its end for which a session is kept; ``None`` for ever.

    Raises:
        HandoffError: The time zone is unknown, or the period has no day.
    """
    if days is not None and since is not None:
        raise HandoffError("Give either --days or --since.")
    known = read_zone(zone)
    today = now.astimezone(known).date()
    last = until or today
    if last > today:
        raise HandoffError(f"--until {last} is after today, which is {today} in {zone}.")
    count = min(days or DEFAULT_DAYS, max(1, (last - _FIRST_DAY).days + 1))
    first = max(since or last - timedelta(days=count - 1), _FIRST_DAY)
    if first > last:
        raise HandoffError(f"The first day, {first}, is after the last one, {last}.")
    end = now.astimezone(known) if last == today else _midnight(last + timedelta(days=1), known)
    begin = _midnight(first, known)
    note = ""
    if kept_days is not None and begin < now - timedelta(days=kept_days):
        note = (
            f"Sessions are deleted {kept_days:g} days after their end (`retention.days`): earlier "
            "ones are missing."
        )
    return Subject(begin, end, zone, connector_id, note)


def read_zone(name: str) -> tzinfo:
    """Find a time zone.

    Args:
        name: Of the IANA database, such as ``Europe/Berlin``.

    Raises:
        HandoffError: There is none of that name on this machine.
    """
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # unknown; no name of a file; a folder of them
        raise HandoffError(
            f"The time zone {name!r} is unknown. Write one like Europe/Berlin or UTC; where a "
            "right one is not found, the machine lacks the data: pip install tzdata."
        ) from None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)
