"""Tasks by key: one at a time for each, and once more after a change during a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class SerialTasks(Generic[K]):
    """Runs the same work for many keys, one task at a time for each.

    A change during a run causes one more run, so that nothing stored before it is missed.

    Args:
        work: Does what there is to do for a key, and raises nothing.
        name: Names the task of a key.
    """

    def __init__(self, work: Callable[[K], Awaitable[None]], name: Callable[[K], str]) -> None:
        """Start without any task."""
        self._work = work
        self._name = name
        self._running: dict[K, asyncio.Task[None]] = {}
        self._again: set[K] = set()
        self._stopping = False

    def notify(self, key: K) -> None:
        """Run the work for a key soon, unless the server stops.

        Args:
            key: The key.
        """
        if key in self._running:
            self._again.add(key)
        elif not self._stopping:
            self._running[key] = asyncio.create_task(self._run(key), name=self._name(key))

    def runs_again(self, key: K) -> bool:
        """Tell whether something has changed for a key since its current run began.

        Args:
            key: The key.
        """
        return key in self._again

    def running(self, key: K) -> asyncio.Task[None] | None:
        """Return the task of a key, if one runs.

        Args:
            key: The key.
        """
        return self._running.get(key)

    async def stop(self, *, grace_period: float) -> None:
        """Wait for the current tasks, and cancel those that do not finish in time.

        Args:
            grace_period: Seconds to wait.
        """
        self._stopping = True
        running = list(self._running.values())
        if not running:
            return
        _, unfinished = await asyncio.wait(running, timeout=grace_period)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, key: K) -> None:
        try:
            while True:
                self._again.discard(key)
                await self._work(key)
                if key not in self._again or self._stopping:
                    return
        finally:
            self._running.pop(key, None)
            self._again.discard(key)
