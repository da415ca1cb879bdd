"""One thing at a time for each key, and many keys at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.logs import location

log = structlog.get_logger(__name__)


class KeyedWorkers:
    """Runs a function for a key whenever it is poked, never twice at once for the same key.

    A poke that comes while the key is running makes it run once more: nothing that was stored
    before the poke is overlooked. A run that fails is logged, and tried again with the next poke.

    Args:
        name: For logs.
        run: What to do for a key.
    """

    def __init__(self, name: str, run: Callable[[str], Awaitable[None]]) -> None:
        """Begin with no lane."""
        self._name = name
        self._run = run
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._stopping = False

    def notify(self, key: str) -> None:
        """See to a key soon."""
        if self._stopping:
            return
        if key in self._tasks:
            self._again.add(key)
            return
        self._tasks[key] = asyncio.create_task(self._drive(key), name=f"{self._name} {key}")

    async def stop(self, *, patience: float = 3.0) -> None:
        """Let what is running finish, and cancel what does not.

        Args:
            patience: Seconds to wait.
        """
        self._stopping = True
        running = list(self._tasks.values())
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=patience)
        for task in late:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _drive(self, key: str) -> None:
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
