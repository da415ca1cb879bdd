"""A page on Rasa's Socket.IO channel: protocol 5 over a WebSocket, as a browser's client speaks it.

https://socket.io/docs/v4/socket-io-protocol/. The client of python-socketio needs a newer aiohttp
than Rasa's for WebSockets.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

import aiohttp
from rasa.core.channels import socketio as rasas

from tests.support.waiting import until


class Page:
    """A page of a user, open within its context.

    Args:
        url: The server's.
        session: The id of the user's session, which the page keeps over a reload.
        namespace: The channel's.
        path: The channel's.
        address: Where the user is, as a proxy tells it.
    """

    def __init__(
        self,
        url: str,
        *,
        session: str | None = None,
        namespace: str = "/",
        path: str = "/socket.io",
        address: str | None = None,
    ) -> None:
        self.session = session or uuid.uuid4().hex
        self.heard: list[dict[str, Any]] = []
        self.confirmed: list[str] = []
        self.socket = ""
        self._url = f"{url}{path}/?EIO=4&transport=websocket"
        self._headers = {"X-Forwarded-For": address} if address else {}
        self._prefix = "" if namespace == "/" else f"{namespace},"

    async def __aenter__(self) -> Page:
        await self.connect()
        await self.request_session({"session_id": self.session})
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._websocket.close()
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        await self._http.close()

    async def connect(self) -> None:
        self._http = aiohttp.ClientSession()
        self._websocket = await self._http.ws_connect(self._url, headers=self._headers)
        self._reader = asyncio.create_task(self._read())
        await self._websocket.send_str(f"40{self._prefix}")

        async def is_connected() -> bool:
            return bool(self.socket)

        await until(is_connected)

    async def request_session(self, data: Any) -> str:
        before = len(self.confirmed)
        await self._emit("session_request", data)

        async def is_confirmed() -> bool:
            return len(self.confirmed) > before

        await until(is_confirmed)
        return self.confirmed[-1]

    async def says(self, text: Any, **fields: Any) -> None:
        await self.emits({"message": text, "session_id": self.session, **fields})

    async def emits(self, data: Any) -> None:
        await self._emit("user_uttered", data)

    def texts(self) -> list[str]:
        return [each["text"] for each in self.heard if "text" in each]

    async def _emit(self, event: str, data: Any) -> None:
        await self._websocket.send_str(f"42{self._prefix}{json.dumps([event, data])}")

    async def _read(self) -> None:
        async for frame in self._websocket:
            packet = str(frame.data)
            kind, rest = packet[:2], packet[2:].removeprefix(self._prefix)
            if packet == "2":
                await self._websocket.send_str("3")
            elif kind == "40":
                self.socket = json.loads(rest)["sid"]
            elif kind == "42":
                event, data = json.loads(rest)
                (self.heard if event == "bot_uttered" else self.confirmed).append(data)


class StockSocketIOInput(rasas.SocketIOInput):
    """Rasa's channel beside the plugin's, under a name and a path of its own."""

    @classmethod
    def name(cls) -> str:
        return "stocksocketio"

    def blueprint(self, on_new_message: Any) -> Any:
        blueprint = super().blueprint(on_new_message)
        blueprint.name = "stocksocketio_webhook"
        return blueprint
