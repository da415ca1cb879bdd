"""Workers keyed by session: one run at a time per key, many keys at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.logs import location

log = structlog.get_logger(__name__)


class KeyedWorkers:
    """Run a function for each key that is notified, never twice at once for the same key.

    A notification during a run causes one more run, so that nothing stored before it is missed. A
    run that fails is logged, and repeated with the next notification.

    Args:
        name: The name in logs.
        run: The function, called with the key.
    """

    def __init__(self, name: str, run: Callable[[str], Awaitable[None]]) -> None:
        """Start without any worker."""
        self._name = name
        self._run = run
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stopping = False

    def notify(self, key: str) -> None:
        """Run the function for a key soon."""
        if self._stopping:
            return
        if key in self._tasks:
            self._again.add(key)
            return
        self._tasks[key] = asyncio.create_task(self._work(key), name=f"{self._name} {key}")

    async def stop(self, *, grace_period: float = 3.0) -> None:
        """Wait for the current runs, and cancel those that do not finish in time.

        Args:
            grace_period: Seconds to wait.
        """
        self._stopping = True
        running = list(self._tasks.values())
        if not running:
            return
        _, unfinished = await asyncio.wait(running, timeout=grace_period)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _work(self, key: str) -> None:
        try:
            while True:
                self._again.discard(key)
                await self._run_once(key)
                if key not in self._again or self._stopping:
                    return
        finally:
            self._tasks.pop(key, None)
            self._again.discard(key)

    async def _run_once(self, key: str) -> None:
        try:
            await self._run(key)
        except HandoffError as error:
            log.warning("handoff.worker.failed", worker=self._name, session=key, error=str(error))
        except Exception as error:
            log.error(
                "handoff.worker.broken",
                worker=self._name,
                session=key,
                error=type(error).__name__,
                location=location(error),
            )
