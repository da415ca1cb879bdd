"""What happened, in order: changes that readers wait for, API requests, webhook deliveries."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any

from .clock import Clock

_KEPT = 20_000


@dataclass
class Change:
    """One change: `seq` only grows, so a reader asks for what came after the last one it saw."""

    seq: int
    kind: str
    at: str
    app: str | None = None
    conversation: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Journal:
    """Keep the last 20,000 of each kind, and wake those who wait."""

    def __init__(self, clock: Clock) -> None:
        """Begin empty."""
        self._clock = clock
        self._seq = itertools.count(1)
        self.last_seq = 0
        self.changes: deque[Change] = deque(maxlen=_KEPT)
        self.requests: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self.deliveries: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()
        self._closed = False

    def note(
        self, kind: str, app: str | None = None, *, conversation: str | None = None, **data: Any
    ) -> None:
        """Write down a change and wake the readers."""
        self.last_seq = next(self._seq)
        change = Change(self.last_seq, kind, self._clock.stamp(), app, conversation, data)
        self.changes.append(change)
        self._wake()

    def request(self, entry: dict[str, Any]) -> None:
        """Write down an answered API request."""
        self.requests.append(entry)
        self.note("request", entry["app"])

    def delivery(self, entry: dict[str, Any]) -> None:
        """Write down an attempt to deliver a webhook."""
        self.deliveries.append(entry)
        self.note("delivery", entry["app"])

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
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self._news.wait(), left)
            except asyncio.TimeoutError:
                break
        return self.after(seq)

    async def follow(self, *, pulse: float) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield changes as they come, and an empty list every `pulse` seconds without one."""
        seq = self.last_seq
        while not self._closed:
            news = await self.wait(seq, timeout=pulse)
            seq = self.last_seq
            yield news

    def close(self) -> None:
        """Let everybody who waits return, so that the server can stop at once."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
