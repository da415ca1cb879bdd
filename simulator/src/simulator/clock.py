"""The simulator's time: runs like the wall clock, and can be moved ahead by a test.

Retries spread over 15 minutes and outages of half an hour are tested by jumping, never by waiting.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone


class Clock:
    """Give the time and wait for it, with jumps ahead.

    Args:
        frozen: Time stands still and moves only by `advance`.
    """

    def __init__(self, *, frozen: bool = False) -> None:
        """Start at the wall clock's time."""
        self._started_at = time.time()
        self._started = time.monotonic()
        self._frozen = frozen
        self._ahead = 0.0
        self._jumped = asyncio.Event()

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        passed = 0.0 if self._frozen else time.monotonic() - self._started
        return self._started_at + passed + self._ahead

    def stamp(self, at: float | None = None) -> str:
        """Return a time as the API writes it: UTC, milliseconds, `Z`."""
        moment = datetime.fromtimestamp(self.now() if at is None else at, timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

    def advance(self, seconds: float) -> None:
        """Jump ahead, and wake everybody whose time has come."""
        if seconds < 0:
            raise ValueError("Time cannot go back: give a number of seconds that is not negative")
        self._ahead += seconds
        self._jumped.set()
        self._jumped = asyncio.Event()

    async def sleep_until(self, deadline: float) -> None:
        """Return once `now()` has reached the deadline (seconds since 1970)."""
        while (left := deadline - self.now()) > 0:
            jumped = self._jumped
            try:
                await asyncio.wait_for(jumped.wait(), None if self._frozen else left)
            except asyncio.TimeoutError:
                continue
