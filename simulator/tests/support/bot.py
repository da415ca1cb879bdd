"""A bot's webhook target that records its calls."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

Json = dict[str, Any]


class Bot:
    """A webhook target on a free port.

    Set `answers` to the statuses of the next calls; clear `answering` to leave calls unanswered.
    """

    def __init__(self) -> None:
        self.calls: list[Json] = []
        self.keys: list[str | None] = []
        self.answers: list[int] = []
        self.answering = asyncio.Event()
        self.answering.set()
        self.arrived = asyncio.Event()
        self.url = ""

    async def __aenter__(self) -> Bot:
        application = web.Application()
        application.router.add_post("/hook", self._hook)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.answering.set()
        await self._runner.cleanup()

    async def _hook(self, request: web.Request) -> web.Response:
        self.calls.append(await request.json())
        self.keys.append(request.headers.get("X-API-Key"))
        self.arrived.set()
        await self.answering.wait()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    @property
    def events(self) -> list[Json]:
        return [event for call in self.calls for event in call["events"]]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of_type(self, type_: str) -> list[Json]:
        return [event for event in self.events if event["type"] == type_]
