"""The simulator's clock: it runs like the wall clock and can be advanced by a test.

A test of retries over 15 minutes, or of an outage of half an hour, advances the clock and does not
wait.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone


class Clock:
    """A clock that can be advanced.

    Args:
        frozen: The clock moves only by `advance`.
    """

    def __init__(self, *, frozen: bool = False) -> None:
        """Start at the wall clock's time."""
        self._started_at = time.time()
        self._started = time.monotonic()
        self._frozen = frozen
        self._offset = 0.0
        self._advanced = asyncio.Event()

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        passed = 0.0 if self._frozen else time.monotonic() - self._started
        return self._started_at + passed + self._offset

    def stamp(self, at: float | None = None) -> str:
        """Return a time as the API writes it: UTC, milliseconds, `Z`."""
        date = datetime.fromtimestamp(self.now() if at is None else at, timezone.utc)
        return date.strftime("%Y-%m-%dT%H:%M:%S.") + f"{date.microsecond // 1000:03d}Z"

    def advance(self, seconds: float) -> None:
        """Move the clock ahead and wake the sleepers whose deadline has passed."""
        if seconds < 0:
            raise ValueError("Time cannot go back: give a number of seconds that is not negative")
        self._offset += seconds
        self._advanced.set()
        self._advanced = asyncio.Event()

    async def sleep_until(self, deadline: float) -> None:
        """Return once `now()` has reached the deadline (seconds since 1970)."""
        while (remaining := deadline - self.now()) > 0:
            advanced = self._advanced
            try:
                await asyncio.wait_for(advanced.wait(), None if self._frozen else remaining)
            except asyncio.TimeoutError:
                continue
