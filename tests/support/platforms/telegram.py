"""Telegram's Bot API on loopback, with its refusals, and the channels that use it there.

Page "Telegram Bot API" (https://core.telegram.org/bots/api): "Making requests", `sendMessage`,
"Sending files", `getFile`, `Update`.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiogram.bot.api import TELEGRAM_PRODUCTION
from aiohttp import web
from rasa.core.channels import telegram as rasas

from tests.support.platforms.local_api import LocalApi
from zendesk_handoff.channels import TelegramInput

TOKEN = "123456:not-a-real-token"
BOT = "the_bot"

BLOCKED = (403, "Forbidden: bot was blocked by the user")
NO_CHAT = (400, "Bad Request: chat not found")
NO_TOPIC = (400, "Bad Request: message thread not found")


def redirect(api: str) -> None:
    """Use another address of the API, for which aiogram 2 has no setting."""
    object.__setattr__(TELEGRAM_PRODUCTION, "base", api + "/bot{token}/{method}")
    object.__setattr__(TELEGRAM_PRODUCTION, "file", api + "/file/bot{token}/{path}")


class LocalTelegramInput(rasas.TelegramInput):
    """Rasa's channel."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.TelegramInput:
        values = dict(credentials or {})
        redirect(values.pop("api"))
        return super().from_credentials(values)


class LocalTelegramInputInPlace(TelegramInput):
    """The plugin's channel."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.TelegramInput:
        values = dict(credentials or {})
        redirect(values.pop("api"))
        return super().from_credentials(values)


def block(api: str) -> dict[str, str]:
    """Make the channel's settings."""
    return {
        "api": api,
        "access_token": TOKEN,
        "verify": BOT,
        "webhook_url": "https://bot.example.com/webhooks/telegram/webhook",
    }


class TelegramApi:
    """The API: records what it takes, and refuses what Telegram refuses.

    ``answers`` are given to the next calls of ``send…``, before anything else is looked at.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sent: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.answered: list[str] = []
        self.actions: list[dict[str, str]] = []
        self.answers: deque[web.Response] = deque()
        self.blocked: set[str] = set()
        self.topics: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.url = ""
        self._ids = itertools.count(1)

    def refuse(self, status: int, description: str, **parameters: int) -> None:
        """Refuse the next message."""
        self.answers.append(_refusal(status, description, **parameters))

    def texts(self, chat: str) -> list[str]:
        return [each["text"] for each in self.sent[chat] if "text" in each]

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/bot{token}/{method}", self.answer)
        app.router.add_get("/file/bot{token}/f/{name}", self.file)

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        self.calls.append(method)
        if request.match_info["token"] != TOKEN:
            return _refusal(401, "Unauthorized")
        values = {key: str(value) for key, value in (await request.post()).items()}
        if method == "getme":
            return _result({"id": 123456, "is_bot": True, "username": BOT})
        if method == "getfile":
            if values["file_id"] not in self.files:
                return _refusal(400, "Bad Request: wrong file_id or the file is unavailable")
            return _result({"file_id": values["file_id"], "file_path": f"f/{values['file_id']}"})
        if method == "answercallbackquery":
            self.answered.append(values["callback_query_id"])
        if method == "sendchataction":
            self.actions.append(values)
            return _result(True)
        if not method.startswith("send"):
            return _result(True)
        if self.answers:
            return self.answers.popleft()
        refusal = self._refusal_of(method, values)
        if refusal is not None:
            return _refusal(*refusal)
        self.sent[values["chat_id"]].append({"method": method, **values})
        return _result({"message_id": next(self._ids), "chat": {"id": values["chat_id"]}})

    async def file(self, request: web.Request) -> web.Response:
        data = self.files.get(request.match_info["name"])
        if request.match_info["token"] != TOKEN or data is None:
            return web.json_response({"ok": False, "error_code": 404}, status=404)
        return web.Response(body=data, content_type="application/octet-stream")

    def _refusal_of(self, method: str, values: dict[str, str]) -> tuple[int, str] | None:
        if not values["chat_id"].lstrip("-").isdigit():
            return NO_CHAT
        if values["chat_id"] in self.blocked:
            return BLOCKED
        if "message_thread_id" in values and values["message_thread_id"] not in self.topics:
            return NO_TOPIC
        if method == "sendmessage":
            if not values["text"].strip():
                return 400, "Bad Request: message text is empty"
            if len(values["text"].encode("utf-16-le")) // 2 > 4096:
                return 400, "Bad Request: message is too long"
            keyboard = json.loads(values.get("reply_markup", "{}")).get("inline_keyboard", [])
            sizes = [len(each["callback_data"].encode()) for row in keyboard for each in row]
            if not all(0 < size <= 64 for size in sizes):
                return 400, "Bad Request: BUTTON_DATA_INVALID"
        address = values.get("photo") or values.get("document") or values.get("animation")
        if address is not None:
            kinds = {"sendphoto": (".jpg", ".jpeg", ".png"), "senddocument": (".pdf", ".zip")}
            if not urlsplit(address).path.endswith(kinds.get(method, (".gif",))):
                return 400, "Bad Request: wrong type of the web page content"
        return None


def _result(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _refusal(status: int, description: str, **parameters: int) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description}
    return web.json_response(
        {**body, **({"parameters": parameters} if parameters else {})}, status=status
    )


class ServedTelegramApi(LocalApi):
    """The API in a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.api = TelegramApi()

    def routes(self, app: web.Application) -> None:
        self.api.add_routes(app)


@asynccontextmanager
async def telegram_api() -> AsyncIterator[TelegramApi]:
    """Serve the API on a free port."""
    api = TelegramApi()
    app = web.Application()
    api.add_routes(app)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield api
    finally:
        await runner.cleanup()


class TelegramUser:
    """A user's chat, or a topic of a group, whose updates Telegram posts to the webhook."""

    _ids = itertools.count(1000)

    def __init__(
        self, rasa_url: str, http: aiohttp.ClientSession, *, chat: int, topic: int | None = None
    ) -> None:
        self.chat, self.topic = chat, topic
        self._url, self._http = f"{rasa_url}/webhooks/telegram/webhook", http

    def message(self, **fields: Any) -> dict[str, Any]:
        topic = {} if self.topic is None else {"message_thread_id": self.topic}
        return {
            "message_id": next(self._ids),
            "from": {"id": 7, "is_bot": False, "first_name": "Jo"},
            "chat": {"id": self.chat, "type": "private"},
            "date": 1_700_000_000,
            **({"is_topic_message": True} if topic else {}),
            **topic,
            **fields,
        }

    async def says(self, text: str, *, status: int = 200) -> None:
        await self.sends(status=status, text=text)

    async def sends(self, *, status: int = 200, **fields: Any) -> None:
        await self.update(status=status, message=self.message(**fields))

    async def update(self, *, status: int = 200, **fields: Any) -> int:
        """Post an update; a number of its own unless ``update_id`` is given."""
        body = {"update_id": next(self._ids), **fields}
        async with self._http.post(self._url, json=body) as answer:
            assert answer.status == status, await answer.text()
        return int(body["update_id"])
