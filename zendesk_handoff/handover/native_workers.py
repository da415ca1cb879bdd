"""The workers of native conversations: one towards the bot, and one towards Zendesk."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping

import structlog

from zendesk_handoff.domain.native import NativeConversation
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.handover.serial_tasks import SerialTasks
from zendesk_handoff.logs import error_fields
from zendesk_handoff.store import Store

log = structlog.get_logger(__name__)


class Side(enum.Enum):
    """The side of a native conversation that a worker works for."""

    BOT = "bot"
    ZENDESK = "zendesk"


#: Does what waits for one side; the second argument tells whether an earlier attempt may have
#: succeeded without our knowledge.
Do = Callable[[NativeConversation, bool], Awaitable[None]]
_Key = tuple[str, Side]
_BY_TOPIC = {"user": Side.BOT, "bot": Side.ZENDESK}


class NativeWorkers:
    """Do what waits in native conversations, each in one process at a time.

    A task that fails is logged, and repeated after the next change or poll.

    Args:
        store: The store.
        tasks: How the work for each side is done.
    """

    def __init__(self, store: Store, tasks: Mapping[Side, Do]) -> None:
        """Start without any worker."""
        self._native = store.native
        self._tasks = tasks
        self._unknown: set[_Key] = set()
        self._pool: SerialTasks[_Key] = SerialTasks(
            self._attempt, name=lambda key: f"native {key[1].value}"
        )

    def on_signal(self, topic: str) -> None:
        """Look at the conversation whose change is signalled.

        Args:
            topic: Of the store's signals; not all of them name a native conversation.
        """
        kind, _, sender_id = topic.partition(":")
        if kind in _BY_TOPIC:
            self._pool.notify((sender_id, _BY_TOPIC[kind]))

    async def poll(self) -> None:
        """Look at every conversation in which something waits.

        Raises:
            StoreUnavailable: It is done with the next poll.
        """
        for sender_id in await self._native.find():
            for side in Side:
                self._pool.notify((sender_id, side))

    async def stop(self, *, grace_period: float = 3.0) -> None:
        """Wait for the current tasks, and cancel those that do not finish in time.

        Args:
            grace_period: Seconds to wait.
        """
        await self._pool.stop(grace_period=grace_period)

    async def _attempt(self, key: _Key) -> None:
        side = key[1]
        try:
            await self._do(key)
        except HandoffError as error:
            log.warning("handoff.native.failed", side=side.value, error=str(error))
        except Exception as error:
            log.error("handoff.native.broken", side=side.value, **error_fields(error))

    async def _do(self, key: _Key) -> None:
        sender_id, side = key
        leases = self._native.leases
        if not await self._has_work(key):
            self._unknown.discard(key)
            await self._release(sender_id)
            return
        if not await leases.acquire(sender_id):
            return
        if leases.is_outcome_unknown(sender_id):
            # Of both sides, each of which finds out for itself.
            self._unknown |= {(sender_id, each) for each in Side}
            leases.confirm(sender_id)
            for each in {*Side} - {side}:
                self._pool.notify((sender_id, each))
        conversation = await self._native.conversation(sender_id)
        if conversation is None:
            return
        try:
            await self._tasks[side](conversation, key in self._unknown)
        except BaseException:
            self._unknown.add(key)
            leases.mark_unknown(sender_id)
            raise
        self._unknown.discard(key)
        await self._release(sender_id)

    async def _has_work(self, key: _Key) -> bool:
        sender_id, side = key
        if side is Side.BOT:
            return bool(await self._native.to_handle(sender_id))
        return bool(await self._native.to_post(sender_id))

    async def _release(self, sender_id: str) -> None:
        """Release a conversation in which nothing waits, and whose outcomes are all known."""
        if not any((sender_id, each) in self._unknown for each in Side):
            await self._native.leases.release_done(sender_id)
