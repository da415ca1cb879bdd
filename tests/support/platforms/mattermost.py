"""A local imitation of Mattermost's REST API, version 4, and its webhooks.

From Mattermost's pages "API reference", `CreatePost`, `PatchPost`, `GetPost` and `GetFile`
(https://developers.mattermost.com/api-documentation), "Outgoing webhooks" and "Interactive
messages". Rasa's ``mattermost`` needs no other address: it is one of its settings.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.support.platforms.local_api import LocalApi, attachment

TOKEN = "not-a-real-token"
MAX_POST = 16_383


def new_id() -> str:
    """Make an id as Mattermost's: 26 letters and figures."""
    return uuid.uuid4().hex[:26]


def block(api: str) -> dict[str, str]:
    """Make the channel's settings."""
    return {
        "url": f"{api}/api/v4",
        "token": TOKEN,
        "webhook_url": "https://bot.example.com/webhooks/mattermost/webhook",
    }


class MattermostApi(LocalApi):
    """Take posts and give files, to the bot's token alone."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[dict[str, Any]] = []
        #: Users' posts, by their ids.
        self.written: dict[str, dict[str, Any]] = {}
        self.left: set[str] = set()

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/api/v4/posts", self._post)
        app.router.add_get("/api/v4/posts/{id}", self._written)
        app.router.add_get("/api/v4/files/{id}", self._file)

    def texts(self, channel: str) -> list[str]:
        """List what is in a channel, with the names of pictures."""
        found = []
        for each in self.posts:
            if each["channel_id"] == channel:
                attachments = each.get("props", {}).get("attachments", [])
                found += [each["message"], *(one.get("image_url", "") for one in attachments)]
        return found

    async def _post(self, request: web.Request) -> web.Response:
        refused = self.refusal()
        if refused is not None:
            return refused
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "api.context.session_expired.app_error")
        post = await request.json()
        if post["channel_id"] in self.left:
            return _error(403, "api.context.permissions.app_error")
        if len(post["message"]) > MAX_POST:
            return _error(400, "model.post.is_valid.msg.app_error")
        self.posts.append(post)
        return web.json_response({**post, "id": new_id()}, status=201)

    async def _written(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "api.context.session_expired.app_error")
        post = self.written.get(request.match_info["id"])
        if post is None:
            return _error(404, "app.post.get.app_error")
        return web.json_response(post)

    async def _file(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("Authorization", ""))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "api.context.session_expired.app_error")
        if request.match_info["id"] not in self.files:
            return _error(404, "store.sql_file_info.get.app_error")
        data, kind = self.files[request.match_info["id"]]
        return attachment(data, kind)


def _error(status: int, code: str) -> web.Response:
    body = {"id": code, "message": "Words about the error.", "status_code": status}
    return web.json_response(body, status=status)


@dataclass
class MattermostUser:
    """A user whose posts an outgoing webhook reports."""

    webhook: str
    http: aiohttp.ClientSession
    api: MattermostApi
    channel: str = field(default_factory=new_id)
    user: str = field(default_factory=new_id)
    trigger: str = "@bot"

    async def says(self, text: str, *, files: str = "", post: str = "", times: int = 1) -> None:
        post, whole = post or new_id(), f"{self.trigger} {text}" if self.trigger else text
        place = {"channel_id": self.channel, "user_id": self.user}
        self.api.written[post] = {"id": post, "message": whole, "edit_at": 0, **place}
        body = {
            **place,
            "post_id": post,
            "text": whole,
            "trigger_word": self.trigger,
            "file_ids": files,
        }
        for _ in range(times):
            await self._post(body)

    def edits(self, post: str, text: str) -> None:
        """Edit a post. Outgoing webhooks are sent when a message is posted, and at no edit."""
        self.api.written[post] |= {"message": f"{self.trigger} {text}", "edit_at": 1}

    async def presses(self, action: dict[str, Any]) -> None:
        await self._post(
            {
                "channel_id": self.channel,
                "user_id": self.user,
                "post_id": new_id(),
                "trigger_id": new_id(),
                "context": action["integration"]["context"],
            }
        )

    async def _post(self, body: dict[str, Any]) -> None:
        async with self.http.post(self.webhook, json=body) as answer:
            assert answer.status == 200
