"""A user on Rasa's ``callback`` channel, which pushes and keeps no record of what it has sent."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from simulator import SimulatorClient
from tests.support.bot_texts import ASK_HUMAN, STARTED
from tests.support.servers import Stack
from tests.support.users import conversation_of
from tests.support.waiting import until


class CallbackUser:
    """A user whose messages the bot posts to an address; use it as an async context manager."""

    def __init__(
        self,
        stack: Stack,
        http: aiohttp.ClientSession,
        *,
        sender: str | None = None,
        channel: str = "callback",
    ) -> None:
        self.channel = channel
        self.sender = sender or f"user-{uuid.uuid4().hex[:12]}"
        self.heard: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        #: The status with which the receiver answers in place of 200, and how often it did.
        self.refuses_with: int | None = None
        self.refused = 0
        #: Whether the user presses the first button of a message before it is confirmed.
        self.is_hasty = False
        self._stack = stack
        self._http = http

    async def __aenter__(self) -> CallbackUser:
        address = urlsplit(self._stack.channels["callback"]["url"])
        app = web.Application()
        app.router.add_post(address.path, self._hear)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, address.hostname, address.port).start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()

    async def says(self, text: str, **fields: Any) -> None:
        url = f"{self._stack.rasa_url}/webhooks/{self.channel}/webhook"
        body = {"sender": self.sender, "message": text, **fields}
        async with self._http.post(url, json=body) as answer:
            assert answer.status == 200

    async def try_to_say(self, text: str) -> bool:
        """Send a message to a server that may die; return whether it was acknowledged."""
        with suppress(aiohttp.ClientError):
            await self.says(text)
            return True
        return False

    async def hears(self, words: str, *, timeout: float = 60.0) -> None:
        async def has_heard() -> bool:
            return any(words in each for each in self.heard)

        await until(has_heard, timeout=timeout)

    async def is_handed_over(self, sim: SimulatorClient) -> str:
        """Ask for a human, and return the conversation's id."""
        await self.says(ASK_HUMAN)
        await self.hears(STARTED)
        found = await conversation_of(self.sender, sim, self._stack)
        return str(found["id"])

    async def _hear(self, request: web.Request) -> web.Response:
        message: dict[str, Any] = await request.json()
        if message["recipient_id"] == self.sender:
            if self.refuses_with is not None:
                self.refused += 1
                headers = {"Location": self._stack.rasa_url}  # which answers with 200
                return web.Response(status=self.refuses_with, headers=headers)
            self.bodies.append(message)
            if self.is_hasty and message.get("buttons"):
                await self.says(message["buttons"][0]["payload"])
            self.heard.append(str(message.get("text") or message.get("image")))
        return web.Response()
