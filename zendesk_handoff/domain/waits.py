"""How long users usually wait for an agent, by what others have waited. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

#: Days that count, and handovers from which on a time is told.
DAYS, LEAST = 28, 20
_HOUR, _DAY = 3600.0, 24 * 3600.0


class Wait(NamedTuple):
    """The wait of one handover, in seconds since the epoch.

    Args:
        connected_at: When the agents had control.
        answered_at: When the first agent wrote; ``None`` if none has yet.
        ended_at: When it ended; ``None`` while it is open.
    """

    connected_at: float
    answered_at: float | None
    ended_at: float | None


def usual_wait(waits: Iterable[Wait], *, now: float) -> float | None:
    """Return the seconds in which half of the users had an answer, at about this hour of the day.

    Who left without one waited longer than anybody, and who still waits has waited until now: a
    median of the answers alone would promise too much on a bad day.

    Args:
        waits: Of the last days; those within an hour of the time of day count.
        now: Seconds since the epoch.

    Returns:
        The seconds; ``None`` if there are too few handovers, or if most of them had no answer.
    """
    lengths = [_length(each, now) for each in waits if _is_at_this_hour(each, now)]
    found = median(lengths) if len(lengths) >= LEAST else float("inf")
    return None if found == float("inf") else found


def _is_at_this_hour(wait: Wait, now: float) -> bool:
    apart = (now - wait.connected_at) % _DAY
    return min(apart, _DAY - apart) <= _HOUR


def _length(wait: Wait, now: float) -> float:
    if wait.answered_at is not None:
        return max(0.0, wait.answered_at - wait.connected_at)
    return float("inf") if wait.ended_at is not None else max(0.0, now - wait.connected_at)
