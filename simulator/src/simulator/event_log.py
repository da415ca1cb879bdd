"""The event log: changes that readers wait for, API requests, webhook delivery attempts."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from .clock import Clock

_KEPT = 20_000


@dataclass
class Change:
    """One change; `seq` only grows, so a reader asks for the changes after the last it has."""

    seq: int
    kind: str
    at: str
    app: str | None = None
    conversation: str | None = None


class EventLog:
    """The last 20,000 entries of each kind, in memory; readers can wait for the next change."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self._clock = clock
        self._seq = itertools.count(1)
        self.last_seq = 0
        self.changes: deque[Change] = deque(maxlen=_KEPT)
        self.requests: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.attempts: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._changed = asyncio.Event()
        self._closed = False

    def record_change(
        self, kind: str, app: str | None = None, *, conversation: str | None = None
    ) -> None:
        """Record a change and wake the readers."""
        self.last_seq = next(self._seq)
        change = Change(self.last_seq, kind, self._clock.stamp(), app, conversation)
        self.changes.append(change)
        self._wake()

    def record_request(self, entry: dict[str, Any]) -> None:
        """Record an answered API request."""
        self.requests.append(entry)
        self.record_change("request", entry["app"])

    def record_attempt(self, entry: dict[str, Any]) -> None:
        """Record an attempt to deliver a webhook."""
        self.attempts.append(entry)
        self.record_change("delivery", entry["app"])

    def after(self, seq: int) -> list[dict[str, Any]]:
        """Return the changes later than `seq`."""
        later: list[dict[str, Any]] = []
        for change in reversed(self.changes):
            if change.seq <= seq:
                break
            later.append(asdict(change))
        return later[::-1]

    async def wait(self, seq: int, *, timeout: float) -> list[dict[str, Any]]:
        """Return the changes later than `seq`, waiting for the first of them.

        Args:
            seq: The last change already seen.
            timeout: Seconds after which an empty list is returned.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        while self.last_seq <= seq and not self._closed:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                break
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except asyncio.TimeoutError:
                break
        return self.after(seq)

    async def follow(self, *, heartbeat: float) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield changes as they come, and an empty list every `heartbeat` seconds without one."""
        seq = self.last_seq
        while not self._closed:
            changes = await self.wait(seq, timeout=heartbeat)
            seq = self.last_seq
            yield changes

    def close(self) -> None:
        """Let every waiting reader return, so that the server can stop at once."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
