"""Execution of messages outside of their requests, in order for each sender."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from zendesk_handoff.logs import error_fields

log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[object]]


class SerialExecutor:
    """One task at a time for each sender; different senders' tasks run at once.

    Args:
        on_change: Called with the sender when their first task begins, and when none is left.
        on_failure: Called with the sender and the item whose task raised.
    """

    def __init__(
        self,
        on_change: Callable[[str], None],
        on_failure: Callable[[str, int], Awaitable[object]],
    ) -> None:
        """Start without tasks."""
        self._on_change = on_change
        self._on_failure = on_failure
        self._last_tasks: dict[str, asyncio.Task[None]] = {}
        self._item_ids: set[int] = set()

    def submit(self, sender_id: str, item_id: int, work: Work) -> None:
        """Do the work once all earlier work for the sender is done.

        Args:
            sender_id: Rasa's sender id.
            item_id: The history item to handle; one that is waiting or running is not added again.
            work: Called once; an error is logged without its text.
        """
        if item_id in self._item_ids:
            return
        self._item_ids.add(item_id)
        previous = self._last_tasks.get(sender_id)
        run = self._run(sender_id, item_id, work, previous)
        self._last_tasks[sender_id] = asyncio.create_task(run, name="webchat message")
        if previous is None:
            self._on_change(sender_id)

    def is_busy(self, sender_id: str) -> bool:
        """Tell whether the sender has a task that waits or runs.

        Args:
            sender_id: Rasa's sender id.
        """
        return sender_id in self._last_tasks

    async def finish(self, *, timeout: float) -> None:
        """Let the tasks end before the server stops, and cancel those that do not.

        Args:
            timeout: Seconds.
        """
        if not self._last_tasks:
            return
        _, unfinished = await asyncio.wait(list(self._last_tasks.values()), timeout=timeout)
        for task in unfinished:
            task.cancel()
        if unfinished:
            log.error("handoff.webchat.messages_cancelled", count=len(unfinished))

    async def _run(
        self, sender_id: str, item_id: int, work: Work, previous: asyncio.Task[None] | None
    ) -> None:
        try:
            if previous:
                await asyncio.wait([previous])
            await work()
        except Exception as error:
            log.error("handoff.webchat.message_failed", **error_fields(error))
            await self._report_failure(sender_id, item_id)
        finally:
            self._item_ids.discard(item_id)
            if self._last_tasks.get(sender_id) is asyncio.current_task():
                del self._last_tasks[sender_id]
                self._on_change(sender_id)

    async def _report_failure(self, sender_id: str, item_id: int) -> None:
        try:
            await self._on_failure(sender_id, item_id)
        except Exception as error:
            log.error("handoff.webchat.failure_not_shown", **error_fields(error))
