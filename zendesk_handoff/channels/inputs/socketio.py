"""Socket.IO in place of Rasa's ``socketio``: session persistence works, and nothing is lost.

Rasa's channel does not await ``enter_room``, so that no page is in the room to which it emits
(RasaHQ/rasa#13027). It emits to the default namespace, whatever namespace is configured. Messages
that wait for a page are delivered as soon as it asks for its session.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.channels import socketio as rasas
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, Sanic

from zendesk_handoff.channels.unproven import may_log_call
from zendesk_handoff.logs import error_fields

log = structlog.get_logger(__name__)

_DEFAULT_NAMESPACE = "/"


class SocketIOOutput(rasas.SocketIOOutput):
    """Emits in the channel's namespace."""

    def __init__(self, sio: Any, bot_message_evt: str, namespace: str | None) -> None:
        """Keep the namespace."""
        super().__init__(sio, bot_message_evt)
        self.namespace = namespace

    async def _send_message(self, socket_id: str, response: Any) -> None:
        await self.sio.emit(
            self.bot_message_evt, response, room=socket_id, namespace=self.namespace
        )

    async def send_custom_json(
        self, recipient_id: str, json_message: dict[str, Any], **kwargs: Any
    ) -> None:
        """Emit an event of a designer's."""
        defaults = {"room": recipient_id, "namespace": self.namespace}
        await self.sio.emit(self.bot_message_evt, **{**defaults, **json_message})


class SocketIOInput(rasas.SocketIOInput):
    """Rasa's Socket.IO channel, with the same settings and events."""

    is_in_place_of_rasas = True
    _app: Sanic | None = None

    def get_output_channel(self) -> SocketIOOutput | None:
        """Return the output channel, where the server of the sockets runs in this process."""
        if self.sio is None:
            return None
        return SocketIOOutput(self.sio, self.bot_message_evt, self.namespace)

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return Rasa's routes and events; two of the events are handled here."""
        blueprint = super().blueprint(on_new_message)
        sio, tasks = self.sio, set[asyncio.Task[None]]()
        assert sio is not None, "Rasa's channel makes it with the blueprint"

        @blueprint.listener("before_server_start")
        async def keep_app(app: Sanic, _loop: object) -> None:
            self._app = app

        @sio.on("session_request", namespace=self.namespace)
        async def session_request(sid: str, data: Any = None) -> None:
            session_id = self._session_id(data, sid) or uuid.uuid4().hex
            if self.session_persistence:
                await sio.enter_room(sid, session_id, namespace=self.namespace)
            await sio.emit("session_confirm", session_id, room=sid, namespace=self.namespace)
            if self.session_persistence:
                task = asyncio.create_task(self._deliver_waiting(session_id))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        @sio.on(self.user_message_evt, namespace=self.namespace)
        async def handle_message(sid: str, data: Any) -> None:
            fields = data if isinstance(data, dict) else {"message": data}
            sender_id: str | None = sid
            if self.session_persistence:
                sender_id = self._session_id(fields, sid)
                if sender_id is None:
                    if self._app is None or may_log_call(self._app):
                        log.warning(
                            "handoff.socketio.no_session",
                            meaning="a page has sent a message without the id of its session",
                        )
                    return
                # After a reconnection a page may write before it has asked for its session.
                await sio.enter_room(sid, sender_id, namespace=self.namespace)
            text = fields.get("message")
            message = UserMessage(
                text if isinstance(text, str) else "",
                self.get_output_channel(),
                sender_id,
                input_channel=self.name(),
                metadata=_metadata(fields.get(self.metadata_key)),
            )
            try:
                await on_new_message(message)
            except Exception as error:
                # The library's task would end with it, and the error's text may quote the user.
                log.error("handoff.socketio.not_handled", **error_fields(error))

        return blueprint

    def _session_id(self, data: Any, sid: str) -> str | None:
        """Return the session's id that a page has given, unless it is another page's socket."""
        given = data.get("session_id") if isinstance(data, dict) else None
        if not isinstance(given, str | int) or not str(given):
            return None
        namespace = self.namespace or _DEFAULT_NAMESPACE
        is_socket = self.sio.manager.is_connected(str(given), namespace)
        return None if is_socket and given != sid else str(given)

    async def _deliver_waiting(self, session_id: str) -> None:
        runtime = getattr(getattr(self._app, "ctx", None), "zendesk_handoff", None)
        if runtime is None:
            return
        try:
            await runtime.user_is_back(self.name(), session_id)
        except Exception as error:
            log.warning("handoff.socketio.not_resumed", **error_fields(error))


def _metadata(value: Any) -> Any:
    """Read metadata, which may be JSON in a string."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return {} if value is None else value
