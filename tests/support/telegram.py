"""Rasa's ``telegram`` channel with a local imitation of Telegram's API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiogram.bot.api import TELEGRAM_PRODUCTION
from aiohttp import web
from rasa.core.channels.telegram import TelegramInput

TOKEN = "123456:not-a-real-token"


class LocalTelegramInput(TelegramInput):
    """Use another address of the API, for which aiogram 2 has no setting."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> TelegramInput:
        values = dict(credentials or {})
        object.__setattr__(TELEGRAM_PRODUCTION, "base", values.pop("api") + "/bot{token}/{method}")
        return super().from_credentials(values)


def block(api: str) -> dict[str, str]:
    """Make the channel's settings."""
    return {
        "api": api,
        "access_token": TOKEN,
        "verify": "the_bot",
        "webhook_url": "https://bot.example.com/webhooks/telegram/webhook",
    }


class TelegramApi:
    """Record the calls and answer each with success."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.url = ""

    async def _answer(self, request: web.Request) -> web.Response:
        self.calls.append(request.match_info["method"].lower())
        return web.json_response({"ok": True, "result": True})


@asynccontextmanager
async def telegram_api() -> AsyncIterator[TelegramApi]:
    """Serve the API on a free port."""
    api = TelegramApi()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", api._answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()
