"""That a user has read what agents wrote: reported to Zendesk, beside every delivery."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine

import structlog

from zendesk_handoff.domain.session import Session
from zendesk_handoff.logs import error_fields
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

#: Calls at once; what comes beyond is not reported.
_MAX_TASKS = 50
#: Seconds for a report, repetitions included.
_TIMEOUT = 5.0
#: Sessions of which is remembered what has been reported: the latest.
_MAX_SESSIONS = 10_000
#: Seconds by which a platform's time of a message may be before ours of its delivery: the time of
#: the platform's answer, and the difference of the clocks.
_CLOCKS = 2.0


class UserReads:
    """Reports what users have read, once for each newest message, and never twice if it fails.

    What was reported is remembered in memory: after a restart, or from another server, the same may
    be reported again, which changes nothing at Zendesk.

    Args:
        store: The store.
        clients: The clients of the connectors.
    """

    def __init__(self, store: Store, clients: Clients) -> None:
        """Begin with nothing reported."""
        self._store = store
        self._clients = clients
        self._reported: OrderedDict[str, float] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, session: Session, newest: float) -> None:
        """Report, in a task of its own, that a session's user has read everything.

        Args:
            session: The user's, as it was just read.
            newest: What identifies the newest message read: greater than of those before.
        """
        if not session.is_open or not session.conversation_id or not session.user_id:
            return
        if newest <= self._reported.get(session.id, 0.0):
            return
        report = self._report(session, session.conversation_id, session.user_id)
        if not self._start(report):
            return
        self._reported[session.id] = newest
        self._reported.move_to_end(session.id)
        if len(self._reported) > _MAX_SESSIONS:
            self._reported.popitem(last=False)

    def note_until(self, channel: str, sender_id: str, until: float) -> None:
        """Report what a platform says: its user has read all that was sent until a time.

        Args:
            channel: The name of the Rasa channel.
            sender_id: Rasa's id of the user.
            until: The time by the platform's clock, in seconds since 1970.
        """
        self._start(self._note_until(channel, sender_id, until))

    async def stop(self) -> None:
        """End the tasks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> bool:
        """Start a task, unless there are too many."""
        if len(self._tasks) >= _MAX_TASKS:
            work.close()
            return False
        task = asyncio.create_task(work, name="handoff read")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _note_until(self, channel: str, sender_id: str, until: float) -> None:
        try:
            session = await self._store.sessions.current(sender_id)
        except Exception as error:
            log.info("handoff.read.not_reported", **error_fields(error))
            return
        # The same id on another channel may be another person's.
        if session is None or session.channel != channel or session.agent_spoke_at is None:
            return
        if session.agent_spoke_at <= until + _CLOCKS:
            self.note(session, session.agent_spoke_at)

    async def _report(self, session: Session, conversation_id: str, user_id: str) -> None:
        client = self._clients.interactive(session.connector_id)
        if client is None:
            return
        author = {"type": "user", "userId": user_id}
        try:
            await asyncio.wait_for(client.mark_read(conversation_id, author=author), _TIMEOUT)
        except Exception as error:
            log.info(
                "handoff.read.not_reported",
                session=session.id,
                connector=session.connector_id,
                **error_fields(error),
            )
