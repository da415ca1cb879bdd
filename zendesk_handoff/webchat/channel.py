"""The Rasa channel: its routes, and how it starts and stops with the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.store.chat import chat_topic
from zendesk_handoff.store.store import Store
from zendesk_handoff.webchat.executor import SerialExecutor
from zendesk_handoff.webchat.history import notice_item
from zendesk_handoff.webchat.output import WebChatOutput
from zendesk_handoff.webchat.page import NOT_INSTALLED, Page, PageSettings
from zendesk_handoff.webchat.page_routes import add_page_routes
from zendesk_handoff.webchat.queue import MessageQueue
from zendesk_handoff.webchat.routes import FAILED, NO_STORE, Routes, find_store
from zendesk_handoff.webchat.stream import HEARTBEAT, Streams

log = structlog.get_logger(__name__)

#: Seconds that a stopping server gives to what it has acknowledged; Sanic allows 15 in all.
_FINISH_TURNS = 8.0
_FINISH_STREAMS = 3.0


class InvalidSettings(RasaException):
    """The ``channels.WebChatInput`` block has problems; Rasa prints them and does not start."""


class WebChatInput(InputChannel):
    """A chat page under ``/webhooks/webchat/``, and the API that it uses.

    Args:
        settings: What a bot may change about the page.
        heartbeat: Seconds between comment lines on a quiet event stream.
    """

    def __init__(
        self, settings: PageSettings | None = None, *, heartbeat: float = HEARTBEAT
    ) -> None:
        """Prepare the page."""
        self.page = Page(settings or PageSettings())
        self.streams = Streams(heartbeat=heartbeat)
        self._app: Sanic | None = None

    @classmethod
    def name(cls) -> str:
        """Give the channel's name, which is also its part of the address."""
        return "webchat"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebChatInput:
        """Read the channel's block of ``credentials.yml``; an empty one will do.

        Raises:
            InvalidSettings: The block has problems.
        """
        try:
            return cls(PageSettings.from_mapping(credentials))
        except ValueError as error:
            raise InvalidSettings(str(error)) from None

    def get_output_channel(self) -> WebChatOutput:
        """Give the way to a user who has not just written."""
        return WebChatOutput(self._store)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Build the routes.

        Args:
            on_new_message: Hands a message to the bot.
        """
        blueprint = Blueprint("webchat_webhook")
        turns = SerialExecutor(self._wake, self._tell_of_failure)
        backlog = MessageQueue(turns, on_new_message, self.get_output_channel())
        sweeping: list[asyncio.Task[None]] = []
        add_page_routes(blueprint, self.page)
        Routes(self.streams, turns, backlog).add_to(blueprint)

        @blueprint.listener("before_server_start")
        async def remember(app: Sanic, _loop: object) -> None:
            self._app = app
            if not self.page.is_installed:
                log.warning("handoff.webchat.page_not_installed", help=NOT_INSTALLED)

        @blueprint.listener("after_server_start")
        async def sweep(app: Sanic, _loop: object) -> None:
            store = find_store(app)
            if store is not None:
                task = asyncio.create_task(backlog.sweep_forever(store), name="webchat sweep")
                sweeping.append(task)

        @blueprint.listener("before_server_stop")
        async def finish(_app: Sanic, _loop: object) -> None:
            for task in sweeping:
                task.cancel()
            await self.streams.stop(timeout=_FINISH_STREAMS)
            await turns.finish(timeout=_FINISH_TURNS)

        return blueprint

    def _store(self) -> Store:
        store = find_store(self._app)
        if store is None:
            raise HandoffError(NO_STORE)
        return store

    def _wake(self, sender_id: str) -> None:
        self._store().signals.emit(chat_topic(sender_id))

    async def _tell_of_failure(self, sender_id: str, entry_id: int) -> None:
        store = self._store()
        await store.chat.add(sender_id, notice_item(FAILED), request_id=f"said:failed:{entry_id}")
        await store.chat.finish_work(entry_id)
