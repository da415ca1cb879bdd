"""The workers of a process: for each session one towards the agents and one towards the user."""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import structlog

from zendesk_handoff.domain.session import Session, Work
from zendesk_handoff.errors import HandoffError, NotDelivered
from zendesk_handoff.handover.due import WITHOUT_LEASE, Due, Task, deadline_to_record
from zendesk_handoff.handover.serial_tasks import SerialTasks
from zendesk_handoff.logs import error_fields
from zendesk_handoff.settings import Timeouts
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)

#: Does a task of a session. If it returns ``False``, the next one does not follow: the session is
#: looked at again with its next change, or with the next poll.
Do = Callable[[Session], Awaitable["bool | None"]]


#: Seconds that the end of a session waits for a message on its way to Zendesk.
_LAST_MESSAGE = 3.0


class Direction(enum.Enum):
    """The side of a session that a worker works for."""

    TO_AGENTS = "to agents"
    TO_USER = "to user"


class _Key(NamedTuple):
    session_id: str
    direction: Direction


#: Whom a change of a topic concerns.
_BY_TOPIC = {
    "session": (Direction.TO_AGENTS, Direction.TO_USER),
    "outbox": (Direction.TO_AGENTS,),
    "inbox": (Direction.TO_USER,),
}


class SessionWorkers:
    """Do what is due for every session that changes.

    One task at a time runs for a session in each direction, so that neither waits for the other. A
    change during a run causes one more look, so that nothing stored before it is missed. A task
    that fails is logged, and repeated after the next change or poll.

    Args:
        store: The store.
        timeouts: The settings, for the deadline that is recorded.
        due: Tells what is due for a session now.
        tasks: How each task is done.
    """

    def __init__(
        self,
        store: Store,
        timeouts: Timeouts,
        due: Callable[[Work], Due],
        tasks: Mapping[Task, Do],
    ) -> None:
        """Start without any worker."""
        self._store = store
        self._timeouts = timeouts
        self._due = due
        self._tasks = tasks
        self._pool = SerialTasks(self._attempt, name=lambda key: f"{key[1].value} {key[0]}")

    def on_signal(self, topic: str) -> None:
        """Look at the session whose change is signalled.

        Args:
            topic: Of the store's signals; not all of them name a session.
        """
        kind, _, session_id = topic.partition(":")
        for direction in _BY_TOPIC.get(kind, ()):
            self._notify(_Key(session_id, direction))

    def notify(self, session_id: str) -> None:
        """Look at a session soon, in both directions.

        Args:
            session_id: The session.
        """
        for direction in Direction:
            self._notify(_Key(session_id, direction))

    async def stop(self, *, grace_period: float = 3.0) -> None:
        """Wait for the current tasks, and cancel those that do not finish in time.

        Args:
            grace_period: Seconds to wait.
        """
        await self._pool.stop(grace_period=grace_period)

    def _notify(self, key: _Key) -> None:
        self._pool.notify(key)

    async def _attempt(self, key: _Key) -> None:
        session_id, direction = key
        try:
            await self._do_all(key)
        except HandoffError as error:
            if isinstance(error, NotDelivered) and error.retry_after is not None:
                # Sooner than the poll, or later, as the channel asks.
                asyncio.get_running_loop().call_later(error.retry_after, self._notify, key)
            log.warning(
                "handoff.worker.failed",
                worker=direction.value,
                session=session_id,
                error=str(error),
            )
        except Exception as error:
            log.error(
                "handoff.worker.broken",
                worker=direction.value,
                session=session_id,
                **error_fields(error),
            )

    async def _do_all(self, key: _Key) -> None:
        """Do one task after the other, until none is due or the next one must wait."""
        session_id, direction = key
        to_agents = direction is Direction.TO_AGENTS
        may_continue = True
        work = await self._store.work.load(session_id)
        while work is not None:
            found = self._due(work)
            task = found.to_agents if to_agents else found.to_user
            if task is None or not may_continue:
                await self._record_deadline(work.session)
                break
            structlog.contextvars.bind_contextvars(connector=work.session.connector_id)
            may_continue = await self._do(task, work.session, found)
            if task is Task.FORWARD and may_continue and not self._pool.runs_again(key):
                # Whatever has changed meanwhile causes another look: no need to read it all again.
                work = replace(work, unsent_since=None)
            else:
                work = await self._store.work.load(session_id)
        if to_agents and work is not None and not work.session.is_open:
            # Only the worker towards the user releases a session, once both are done.
            self._notify(_Key(session_id, Direction.TO_USER))

    async def _do(self, task: Task, session: Session, found: Due) -> bool:
        if task is Task.RELEASE:
            await self._store.leases.release_done(session.id)
            return False
        if task is Task.NOTIFY_END:
            await self._wait_for_agents_side(session.id)
        if task not in WITHOUT_LEASE and not await self._store.leases.acquire(session.id):
            return False
        try:
            return await self._tasks[task](session) is not False
        finally:
            if not found.has_connector:
                await self._store.leases.release(session.id)

    async def _wait_for_agents_side(self, session_id: str) -> None:
        """Wait until a message that is being sent has arrived: the rest is left to the bot."""
        sending = self._pool.running(_Key(session_id, Direction.TO_AGENTS))
        if sending is not None:
            await asyncio.wait({sending}, timeout=_LAST_MESSAGE)

    async def _record_deadline(self, session: Session) -> None:
        deadline = deadline_to_record(session, self._timeouts, now=time.time())
        if deadline is not None:
            await self._store.work.set_deadlines([(session, deadline)])
