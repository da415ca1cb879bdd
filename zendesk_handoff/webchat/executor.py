"""Handing messages to the bot behind the request's back, one sender's in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from zendesk_handoff.logs import location

log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[object]]


class SerialExecutor:
    """What is being handled, sender by sender.

    Args:
        on_change: Told the sender when work for them begins, and when none is left.
        on_failure: Told the sender and the entry when handling raised.
    """

    def __init__(
        self,
        on_change: Callable[[str], None],
        on_failure: Callable[[str, int], Awaitable[object]],
    ) -> None:
        """Begin idle."""
        self._on_change = on_change
        self._on_failure = on_failure
        self._last: dict[str, asyncio.Task[None]] = {}
        self._under_way: set[int] = set()

    def add(self, sender_id: str, entry_id: int, work: Work) -> None:
        """Do the work once all earlier work for the sender is done.

        Args:
            sender_id: Whose turn it is.
            entry_id: The entry it is about; while its work is under way it is not added again.
            work: Called once; what it raises is logged without its words.
        """
        if entry_id in self._under_way:
            return
        self._under_way.add(entry_id)
        before = self._last.get(sender_id)
        turn = self._run(sender_id, entry_id, work, before)
        self._last[sender_id] = asyncio.create_task(turn, name="webchat turn")
        if before is None:
            self._on_change(sender_id)

    def is_busy(self, sender_id: str) -> bool:
        """Tell whether something is being handled for the sender."""
        return sender_id in self._last

    async def finish(self, *, timeout: float) -> None:
        """Let what has been acknowledged be handled before the server stops.

        Args:
            timeout: Seconds; what takes longer is given up.
        """
        if not self._last:
            return
        _, late = await asyncio.wait(list(self._last.values()), timeout=timeout)
        for task in late:
            task.cancel()
        if late:
            log.error("handoff.webchat.messages_given_up", count=len(late))

    async def _run(
        self, sender_id: str, entry_id: int, work: Work, before: asyncio.Task[None] | None
    ) -> None:
        try:
            if before:
                await asyncio.wait([before])
            await work()
        except Exception as error:
            name = type(error).__name__
            log.error("handoff.webchat.message_failed", error=name, location=location(error))
            await self._tell(sender_id, entry_id)
        finally:
            self._under_way.discard(entry_id)
            if self._last.get(sender_id) is asyncio.current_task():
                del self._last[sender_id]
                self._on_change(sender_id)

    async def _tell(self, sender_id: str, entry_id: int) -> None:
        try:
            await self._on_failure(sender_id, entry_id)
        except Exception as error:
            name = type(error).__name__
            log.error("handoff.webchat.user_not_told", error=name, location=location(error))
