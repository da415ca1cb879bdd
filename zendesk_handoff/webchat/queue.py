"""Messages that are acknowledged and not yet handled by the bot or passed to an agent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.identity import KnownUser
from zendesk_handoff.domain.user_content import Place
from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.logs import error_fields
from zendesk_handoff.store import Store
from zendesk_handoff.store.chat import ChatWork
from zendesk_handoff.webchat.conversation import CHANNEL
from zendesk_handoff.webchat.executor import SerialExecutor
from zendesk_handoff.webchat.output import WebChatOutput

log = structlog.get_logger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

#: Seconds after which the server that acknowledged a message may have died before handling it.
_ABANDONED_AFTER = 5.0


async def _at_once(_sender_id: str) -> None:
    """Wait for no page."""


class PageMessage(UserMessage):
    """A message of the page's. No client of another channel can make one."""

    #: The user, if the site around the page has signed who it is.
    user: KnownUser | None = None
    #: The place that the user has shared, if the message is that.
    place: Place | None = None


class MessageQueue:
    """Hands messages to the bot outside of their requests.

    The store keeps them until they have been handled, so a server that dies loses none. A message
    that another server may have handled is marked as redelivered: inside the sender's lock, the
    router knows whether it was.

    Args:
        executor: The executor, in order for each sender.
        on_new_message: Rasa's handler.
        output: The output channel of the page.
        show: Waits until a sender's pages show what they have written.
        sweep_interval: Seconds between two searches for messages that no server handles any more.
    """

    def __init__(
        self,
        executor: SerialExecutor,
        on_new_message: OnNewMessage,
        output: WebChatOutput,
        *,
        show: Callable[[str], Awaitable[object]] = _at_once,
        sweep_interval: float = 30.0,
    ) -> None:
        """Keep the collaborators."""
        self._show = show
        self._sweep_interval = sweep_interval
        self._executor = executor
        self._on_new_message = on_new_message
        self._output = output

    async def dispatch(self, store: Store, sender_id: str, *, new: int | None = None) -> None:
        """Submit a sender's unhandled messages to the executor, oldest first.

        Args:
            store: The store.
            sender_id: Rasa's sender id.
            new: The item that this request has added; any other may have been handled before.
        """
        for message in await store.chat.unhandled(sender_id):
            self._submit(store, message, redelivered=message.id != new)

    async def sweep_forever(self, store: Store) -> None:
        """Submit what other servers, or this one before its restart, have not handled.

        Args:
            store: The store.
        """
        while True:
            try:
                for message in await store.chat.unhandled(older_than=_ABANDONED_AFTER):
                    self._submit(store, message, redelivered=True)
            except StoreUnavailable:
                log.warning("handoff.webchat.store_unavailable")
            except Exception as error:  # no error may end this loop
                log.error("handoff.task.broken", task="sweep", **error_fields(error))
            await asyncio.sleep(self._sweep_interval)

    def _submit(self, store: Store, message: ChatWork, *, redelivered: bool) -> None:
        work = partial(self._handle, store, message, redelivered=redelivered)
        self._executor.submit(message.sender_id, message.id, work)

    async def _handle(self, store: Store, message: ChatWork, *, redelivered: bool) -> None:
        key = f"webchat:{message.id}"
        metadata = {**message.work["metadata"], "handoff_key": key, "handoff_again": redelivered}
        user_message = PageMessage(
            message.work["text"],
            self._output,
            message.sender_id,
            input_channel=CHANNEL,
            message_id=key,
            metadata=metadata,
        )
        user_message.user = KnownUser.from_json(message.work.get("user"))
        if place := message.work.get("place"):
            user_message.place = Place(*place)
        await self._show(message.sender_id)
        await self._on_new_message(user_message)
        try:
            await store.chat.finish_work(message.id)
        except StoreUnavailable:
            # The message was handled, so the user is shown no error. It is submitted again later
            # under the same key, which the router recognizes.
            log.warning("handoff.webchat.store_unavailable")
