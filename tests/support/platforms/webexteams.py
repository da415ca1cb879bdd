"""A local imitation of Webex's REST API, and its webhooks.

From Webex's pages "Messages" and "Webhooks" (https://developer.webex.com/docs/api/v1/messages).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from rasa.core.channels.webexteams import WebexTeamsBot, WebexTeamsInput
from webexteamssdk import WebexTeamsAPI

from tests.support.platforms.local_api import LocalApi, attachment

TOKEN = "not-a-real-token"
PUBLIC_ROOM = "Y2lzY29-public"
MAX_BYTES = 7439


class LocalWebexInput(WebexTeamsInput):
    """Use another address of the API, for which Rasa's channel has no setting."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WebexTeamsInput:
        values = dict(credentials or {})
        api = values.pop("api")
        channel = super().from_credentials(values)
        channel.api = WebexTeamsAPI(channel.token, base_url=f"{api}/v1/")
        return channel

    def get_output_channel(self) -> WebexTeamsBot:
        output = super().get_output_channel()
        output.api = self.api
        return output


def block(api: str) -> dict[str, str]:
    """Make the channel's settings."""
    return {"api": api, "access_token": TOKEN, "room": PUBLIC_ROOM}


class WebexApi(LocalApi):
    """Take messages, and give messages and files, to the bot's token alone."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[dict[str, Any]] = []
        self.messages: dict[str, dict[str, Any]] = {}
        self.left: set[str] = set()

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/v1/people/me", self._me)
        app.router.add_get("/v1/messages/{id}", self._get)
        app.router.add_post("/v1/messages", self._post)
        app.router.add_get("/v1/contents/{id}", self._file)

    def texts(self, room: str) -> list[str]:
        """List what is in a room, with the addresses of files."""
        found = []
        for each in self.posts:
            if each["roomId"] == room:
                found += [each.get("text") or "", *(each.get("files") or [])]
        return found

    async def _me(self, request: web.Request) -> web.Response:
        return web.json_response({"id": "bot-id"})

    async def _get(self, request: web.Request) -> web.Response:
        message = self.messages.get(request.match_info["id"])
        return web.json_response(message) if message else _error(404)

    async def _post(self, request: web.Request) -> web.Response:
        refused = self.refusal()
        if refused is not None:
            return refused
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401)
        post = await request.json()
        if post["roomId"] in self.left:
            return _error(404)
        if len((post.get("text") or "").encode()) > MAX_BYTES:
            return _error(400)
        self.posts.append(post)
        return web.json_response({"id": f"sent-{len(self.posts)}", **post})

    async def _file(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("Authorization", ""))
        refused = self.refusal()
        if refused is not None:
            return refused
        data, kind = self.files[request.match_info["id"]]
        return attachment(data, kind)


def _error(status: int) -> web.Response:
    body = {"message": "Words that may quote the message.", "trackingId": "ROUTER_1"}
    return web.json_response(body, status=status)


@dataclass
class WebexUser:
    """A user whose messages a webhook announces."""

    webhook: str
    http: aiohttp.ClientSession
    api: WebexApi
    room: str = field(default_factory=lambda: f"Y2lzY29{uuid.uuid4().hex}")

    async def says(self, text: str, *, files: tuple[str, ...] = (), times: int = 1) -> None:
        message_id = f"Y2lzY29{uuid.uuid4().hex}"
        message = {"id": message_id, "roomId": self.room, "personId": "u1", "text": text}
        links = [f"{self.api.url}/v1/contents/{each}" for each in files]
        self.api.messages[message_id] = message | ({"files": links} if links else {})
        data = {"id": message_id, "roomId": self.room, "personId": "u1"}
        for _ in range(times):
            body = {"resource": "messages", "event": "created", "data": data}
            async with self.http.post(self.webhook, json=body) as answer:
                assert answer.status == 200
