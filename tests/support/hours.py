"""Hours in which nobody is there while the tests run, and somebody is back in a few days."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


#: When somebody is back: the same day all through a run that goes on past midnight.
BACK = datetime.now(timezone.utc).date() + timedelta(days=3)


def closed_until(day: date) -> dict[str, Any]:
    """Make hours in which nobody is there before a day of the coming week."""
    return {"time_zone": "UTC", "week": {_DAYS[day.weekday()]: "9:00-17:00"}}


def on_holiday_until(day: date) -> dict[str, Any]:
    """Make hours around the clock, with a holiday of some days before a day."""
    first, last = day - timedelta(days=9), day - timedelta(days=1)
    dates = {f"{first}/{last}": "closed"}
    return {"time_zone": "UTC", "week": {"mon-sun": "0:00-24:00"}, "dates": dates}
