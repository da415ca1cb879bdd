"""What users have sent and the server has acknowledged, until the bot or an agent has it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from rasa.core.channels.channel import UserMessage

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.failpoints import failpoint
from zendesk_handoff.logs import location
from zendesk_handoff.store import Store
from zendesk_handoff.store.chat import ChatWork
from zendesk_handoff.webchat.executor import SerialExecutor
from zendesk_handoff.webchat.output import WebChatOutput

log = structlog.get_logger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

#: Seconds between two looks for messages that a server has acknowledged and not handled.
_SWEEP_EVERY = 30.0
#: Seconds after which a message may be one that its server has died with.
_LEFT_BEHIND = 5.0


class MessageQueue:
    """Hands messages to the bot behind the request's back.

    They are in the store until they have been handled, so that a server that dies loses none.
    One that may have been handled by another server is handed over again with its name: the gate,
    inside the sender's lock, knows whether it has been dealt with.

    Args:
        turns: Runs a sender's messages in order.
        on_new_message: Rasa's handler.
        output: What the bot answers through.
    """

    def __init__(
        self, turns: SerialExecutor, on_new_message: OnNewMessage, output: WebChatOutput
    ) -> None:
        """Remember the parts."""
        self._turns = turns
        self._on_new_message = on_new_message
        self._output = output

    async def hand_over(self, store: Store, sender_id: str, *, new: int | None = None) -> None:
        """Hand over what waits for a sender, oldest first.

        Args:
            store: Where it waits.
            sender_id: Whose.
            new: The entry that has just been made; the others may have been dealt with.
        """
        failpoint("webchat.stored")
        for waiting in await store.chat.unhandled(sender_id):
            self._add(store, waiting, again=waiting.id != new)

    async def sweep_forever(self, store: Store) -> None:
        """Hand over what other servers, or this one before its restart, have left behind."""
        while True:
            try:
                for waiting in await store.chat.unhandled(older_than=_LEFT_BEHIND):
                    self._add(store, waiting, again=True)
            except StoreUnavailable:
                log.warning("handoff.webchat.store_unavailable")
            except Exception as error:  # no error may be the end of this
                name = type(error).__name__
                log.error("handoff.task.broken", task="sweep", error=name, location=location(error))
            await asyncio.sleep(_SWEEP_EVERY)

    def _add(self, store: Store, waiting: ChatWork, *, again: bool) -> None:
        handle = partial(self._handle, store, waiting, again=again)
        self._turns.add(waiting.sender_id, waiting.id, handle)

    async def _handle(self, store: Store, waiting: ChatWork, *, again: bool) -> None:
        key = f"webchat:{waiting.id}"
        metadata = {**waiting.work["metadata"], "handoff_key": key, "handoff_again": again}
        message = UserMessage(
            waiting.work["text"],
            self._output,
            waiting.sender_id,
            input_channel="webchat",
            message_id=key,
            metadata=metadata,
        )
        await self._on_new_message(message)
        failpoint("webchat.handled")
        try:
            await store.chat.finish_work(waiting.id)
        except StoreUnavailable:
            # It was handled, so nothing is said. It comes again by its name, which the gate knows.
            log.warning("handoff.webchat.store_unavailable")
