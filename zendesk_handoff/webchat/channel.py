"""The Rasa input channel: its routes, its start and its stop with the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic

from zendesk_handoff.errors import HandoffError
from zendesk_handoff.rasa.request_body import limit_ignored_bodies
from zendesk_handoff.rasa.start_errors import InvalidSettings
from zendesk_handoff.store.chat import chat_topic
from zendesk_handoff.store.store import Store
from zendesk_handoff.webchat.adapter import WebChatAdapter
from zendesk_handoff.webchat.avatars import add_avatar_route
from zendesk_handoff.webchat.conversation import CHANNEL
from zendesk_handoff.webchat.executor import SerialExecutor
from zendesk_handoff.webchat.file_routes import FileRoutes
from zendesk_handoff.webchat.history import notice_item
from zendesk_handoff.webchat.output import WebChatOutput
from zendesk_handoff.webchat.page import NOT_INSTALLED, Page
from zendesk_handoff.webchat.page_routes import add_page_routes
from zendesk_handoff.webchat.page_settings import PageSettings
from zendesk_handoff.webchat.queue import MessageQueue
from zendesk_handoff.webchat.read_marks import ReadMarks
from zendesk_handoff.webchat.routes import FAILED, NO_STORE, Routes, plugin_store
from zendesk_handoff.webchat.stream import HEARTBEAT, EventStreams
from zendesk_handoff.webchat.typing import TypingAgents

log = structlog.get_logger(__name__)

#: Seconds that a stopping server waits for streams, and for messages that it has acknowledged.
#: Sanic allows 15 in all.
_STREAMS_GRACE_PERIOD = 3.0
_MESSAGES_GRACE_PERIOD = 8.0


class WebChatInput(InputChannel):
    """A chat page at ``/webhooks/webchat/``, and its API.

    Args:
        settings: The page's settings.
        heartbeat: Seconds between comment lines on a quiet event stream.
    """

    handoff_adapter = WebChatAdapter

    def __init__(
        self, settings: PageSettings | None = None, *, heartbeat: float = HEARTBEAT
    ) -> None:
        """Read the page's files."""
        self._settings = settings or PageSettings()
        self.page = Page(self._settings)
        self.streams = EventStreams(heartbeat=heartbeat)
        self.typing = TypingAgents(self._notify_page)
        self.reads = ReadMarks(self._notify_page)
        self._app: Sanic | None = None

    @classmethod
    def name(cls) -> str:
        """Return the channel's name, which is also part of its routes' paths."""
        return CHANNEL

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebChatInput:
        """Build the channel from its block of ``credentials.yml``, which may be empty.

        Args:
            credentials: The block.

        Raises:
            InvalidSettings: The block has problems.
        """
        try:
            return cls(PageSettings.from_mapping(credentials))
        except ValueError as error:
            raise InvalidSettings(str(error)) from None

    def get_output_channel(self) -> WebChatOutput:
        """Return the channel that reaches a user at any time."""
        return WebChatOutput(self.store)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Build the routes.

        Args:
            on_new_message: Hands a message to the bot.
        """
        blueprint = Blueprint("webchat_webhook")
        executor = SerialExecutor(self._notify_page, self._show_failure)
        queue = MessageQueue(
            executor, on_new_message, self.get_output_channel(), show=self.streams.flush
        )
        sweeps: list[asyncio.Task[None]] = []
        add_page_routes(blueprint, self.page)
        add_avatar_route(blueprint)
        routes = Routes(
            self.streams, executor, queue, self._settings, typing=self.typing, reads=self.reads
        )
        routes.add_to(blueprint)
        FileRoutes(queue).add_to(blueprint)
        limit_ignored_bodies(blueprint)

        @blueprint.listener("before_server_start")
        async def keep_app(app: Sanic, _loop: object) -> None:
            self._app = app
            if not self.page.is_installed:
                log.warning("handoff.webchat.page_not_installed", help=NOT_INSTALLED)

        @blueprint.listener("after_server_start")
        async def start_sweep(app: Sanic, _loop: object) -> None:
            store = plugin_store(app)
            if store is not None:
                task = asyncio.create_task(queue.sweep_forever(store), name="webchat sweep")
                sweeps.append(task)

        @blueprint.listener("before_server_stop")
        async def finish(_app: Sanic, _loop: object) -> None:
            for task in sweeps:
                task.cancel()
            await self.streams.stop(timeout=_STREAMS_GRACE_PERIOD)
            await executor.finish(timeout=_MESSAGES_GRACE_PERIOD)

        return blueprint

    def store(self) -> Store:
        """Return the plugin's store, once the server has started."""
        store = plugin_store(self._app)
        if store is None:
            raise HandoffError(NO_STORE)
        return store

    def _notify_page(self, sender_id: str) -> None:
        self.store().signals.emit(chat_topic(sender_id))

    async def _show_failure(self, sender_id: str, item_id: int) -> None:
        store = self.store()
        await store.chat.add(
            sender_id, notice_item(FAILED, code="failed"), request_id=f"said:failed:{item_id}"
        )
        await store.chat.finish_work(item_id)
