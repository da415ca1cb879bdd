"""A local imitation of Rocket.Chat's REST API, and its webhooks.

From Rocket.Chat's pages "Login", "Post Message", "Get Message", "Message"
(https://developer.rocket.chat/apidocs), "Outgoing WebHook" and "Omnichannel Webhooks". Rasa's
``rocketchat`` has the server's address among its settings.
"""

from __future__ import annotations

import itertools
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.support.platforms.local_api import LocalApi

USER, PASSWORD = "the_bot", "not-a-real-password"
MAX_MESSAGE = 5000


def new_id() -> str:
    """Make an id as Rocket.Chat's: 17 letters and figures."""
    return uuid.uuid4().hex[:17]


def block(api: str) -> dict[str, str]:
    """Make the channel's settings."""
    return {"user": USER, "password": PASSWORD, "server_url": api}


class RocketChatApi(LocalApi):
    """Take posts and give files, to logins that have not expired."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[dict[str, Any]] = []
        self.logins = 0
        self.valid: set[str] = set()
        self.closed: set[str] = set()
        #: Why another sender than the bot is refused, if it is.
        self.sender_error = ""
        #: Users' messages that have more than their webhook tells, by their ids.
        self.messages: dict[str, dict[str, Any]] = {}
        self._tokens = (f"token-{number}" for number in itertools.count(1))

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/api/v1/login", self._log_in)
        app.router.add_post("/api/v1/chat.postMessage", self._post)
        app.router.add_get("/api/v1/chat.getMessage", self._message)
        app.router.add_get("/file-upload/{id}/{name}", self._file)

    def texts(self, room: str) -> list[str]:
        """List what is in a room, with the addresses of attachments."""
        found = []
        for each in self.posts:
            if each["roomId"] == room:
                attachments = each.get("attachments") or []
                links = [one.get("image_url") or one.get("title_link") or "" for one in attachments]
                found += [each.get("text") or "", *links]
        return found

    async def _log_in(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form.get("password") != PASSWORD:
            return web.json_response({"status": "error", "message": "Unauthorized"}, status=401)
        self.logins += 1
        token = next(self._tokens)
        self.valid.add(token)
        data = {"authToken": token, "userId": "bot-id"}
        return web.json_response({"status": "success", "data": data})

    def _is_logged_in(self, request: web.Request) -> bool:
        return request.headers.get("X-Auth-Token") in self.valid

    async def _post(self, request: web.Request) -> web.Response:
        refused = self.refusal()
        if refused is not None:
            return refused
        if not self._is_logged_in(request):
            body = {"status": "error", "message": "You must be logged in to do this."}
            return web.json_response(body, status=401)
        post = await request.json()
        if post["roomId"] in self.closed:
            return _error(400, "error-not-allowed")
        if len(post.get("text") or "") > MAX_MESSAGE:
            return _error(400, "error-message-size-exceeded")
        if "alias" in post and self.sender_error:
            return web.json_response({"success": False, "error": self.sender_error}, status=400)
        self.posts.append(post)
        return web.json_response({"success": True, "ts": int(time.time() * 1000), "message": {}})

    async def _message(self, request: web.Request) -> web.Response:
        if not self._is_logged_in(request):
            body = {"status": "error", "message": "You must be logged in to do this."}
            return web.json_response(body, status=401)
        found = self.messages.get(request.query["msgId"])
        if found is None:
            return web.json_response({"success": False}, status=400)
        if found["rid"] in self.closed:
            return _error(400, "error-not-allowed")
        return web.json_response({"success": True, "message": found})

    async def _file(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("X-Auth-Token", ""))
        if not self._is_logged_in(request):
            return web.Response(status=403)
        data, kind = self.files[request.match_info["id"]]
        return web.Response(body=data, content_type=kind)


def _error(status: int, code: str) -> web.Response:
    body = {"success": False, "error": f"Words about it [{code}]", "errorType": code}
    return web.json_response(body, status=status)


@dataclass
class RocketChatUser:
    """A user whose messages an outgoing webhook reports."""

    webhook: str
    http: aiohttp.ClientSession
    api: RocketChatApi
    room: str = field(default_factory=new_id)

    async def says(self, text: str, *, times: int = 1, **fields: Any) -> str:
        body = {
            "channel_id": self.room,
            "message_id": new_id(),
            "user_id": "u1",
            "user_name": "mara",
            "text": text,
            **fields,
        }
        for _ in range(times):
            await self._post(body)
        return str(body["message_id"])

    async def shares(self, **content: Any) -> str:
        """Send a message without words, of which the webhook of sent messages tells no more."""
        message_id, author = new_id(), {"_id": "u1", "username": "mara"}
        message = {"_id": message_id, "rid": self.room, "u": author, "msg": "", **content}
        self.api.messages[message_id] = message
        return await self.says("", message_id=message_id)

    async def visits(self, *messages: dict[str, Any]) -> None:
        """Write as a visitor of a livechat."""
        given = [{"_id": new_id(), "username": "guest-1", **each} for each in messages]
        await self._post({"_id": self.room, "type": "Message", "visitor": {}, "messages": given})

    async def _post(self, body: dict[str, Any]) -> None:
        async with self.http.post(self.webhook, json=body) as answer:
            assert answer.status == 200
