"""Rasa's ``slack`` channel and the plugin's, with a local imitation of Slack's Web API.

The API's answers and limits are those of Slack's pages "chat.postMessage", "files.info" and
"Block Kit"; the events are those of "Events API" and "block_actions payload" (docs.slack.dev).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from rasa.core.channels import slack as rasas

from tests.support.platforms.local_api import LocalApi
from zendesk_handoff.channels.inputs import slack as ours

TOKEN = "xoxb-not-a-real-token"
SECRET = "not-a-real-signing-secret"
BOT = "U0BOT"
PUBLIC = "C0GENERAL"


class _Redirected:
    """Use another address of the API, for which Rasa's channel has no setting."""

    api = ""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> Any:
        values = dict(credentials or {})
        api = values.pop("api")
        channel = super().from_credentials(values)  # type: ignore[misc]
        channel.api = api
        return channel

    def get_output_channel(self, channel: str | None = None, thread_id: str | None = None) -> Any:
        output = super().get_output_channel(channel, thread_id)  # type: ignore[misc]
        output.client.base_url = f"{self.api}/api/"
        return output


class StockSlackInput(_Redirected, rasas.SlackInput):
    """Rasa's channel."""

    def url_prefix(self) -> str:
        return "slack"


class OurSlackInput(_Redirected, ours.SlackInput):
    """The plugin's channel, under another name, so that a server can have both."""

    @classmethod
    def name(cls) -> str:
        return "ourslack"


def block(api: str, **values: Any) -> dict[str, Any]:
    """Make the channel's settings."""
    return {
        "api": api,
        "slack_token": TOKEN,
        "slack_signing_secret": SECRET,
        "slack_channel": PUBLIC,
        **values,
    }


class SlackApi(LocalApi):
    """Post messages and give files, to the bot's token alone."""

    def __init__(self) -> None:
        super().__init__()
        self.posts: list[dict[str, Any]] = []
        self.archived: set[str] = set()
        self.sender_error = ""
        self.attempts = 0
        self.infos: dict[str, dict[str, Any]] = {}
        self._ts = itertools.count(1)

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/api/chat.postMessage", self._post)
        app.router.add_post("/api/files.info", self._info)
        app.router.add_get("/files-pri/{name}", self._file)

    def texts(self, channel: str) -> list[str]:
        """List the texts in a channel, as people read them."""
        return [each["text"] for each in self.posts if each["channel"] == channel]

    async def _post(self, request: web.Request) -> web.Response:
        refused = self.refusal()
        if refused is not None:
            return refused
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error("invalid_auth")
        message = await request.json()
        error = self._check(message)
        if error:
            return _error(error)
        self.posts.append(message)
        ts = f"1700000000.{next(self._ts):06}"
        return web.json_response({"ok": True, "channel": message["channel"], "ts": ts})

    def _check(self, message: dict[str, Any]) -> str:
        self.attempts += 1
        if self.sender_error and "username" in message:
            return self.sender_error
        channel = str(message.get("channel", ""))
        if not channel.startswith(("C", "D", "G")):
            return "channel_not_found"
        if channel in self.archived:
            return "is_archived"
        if not message.get("text") and not message.get("blocks") and not message.get("attachments"):
            return "no_text"
        if len(message.get("text") or "") > 40_000:
            return "msg_too_long"
        blocks = message.get("blocks") or []
        return "" if len(blocks) <= 50 and all(map(_is_valid, blocks)) else "invalid_blocks"

    async def _info(self, request: web.Request) -> web.Response:
        file_id = request.query.get("file") or (await request.post()).get("file")
        info = self.infos.get(str(file_id))
        return web.json_response({"ok": True, "file": info}) if info else _error("file_not_found")

    async def _file(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("Authorization", ""))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(
                text="<!DOCTYPE html><html>Sign in</html>", content_type="text/html"
            )
        name = request.match_info["name"]
        if name == "elsewhere":
            raise web.HTTPFound(request.query["to"])
        data, kind = self.files[name]
        return web.Response(body=data, content_type=kind)


def _error(code: str) -> web.Response:
    return web.json_response({"ok": False, "error": code})


def _is_valid(block: dict[str, Any]) -> bool:
    if block["type"] == "section":
        return 0 < len(block["text"]["text"]) <= 3000
    if block["type"] == "actions":
        return 0 < len(block["elements"]) <= 25 and all(
            len(each["text"]["text"]) <= 75 and len(each.get("value", "")) <= 2000
            for each in block["elements"]
        )
    if block["type"] == "image":
        return 0 < len(block["alt_text"]) <= 2000 and "refused" not in block["image_url"]
    return block["type"] == "rich_text"


@dataclass
class SlackUser:
    """A user of Slack, whose events Slack posts to the channel's webhook."""

    webhook: str
    http: aiohttp.ClientSession
    channel: str = "D9"
    thread: str | None = None
    user: str = field(default_factory=lambda: f"U{uuid.uuid4().hex[:10].upper()}")
    content_type: str = "application/json"

    def __post_init__(self) -> None:
        self._ts = (f"1700000001.{number:06}" for number in itertools.count(1))

    async def says(self, text: str, **fields: Any) -> str:
        """Write a message; return its ``ts``."""
        ts = next(self._ts)
        event = {"type": "message", "text": text, "ts": ts, "user": self.user, **fields}
        await self.reports(event)
        return ts

    async def edits(self, ts: str, old: str, new: str) -> None:
        message = {"type": "message", "user": self.user, "ts": ts}
        edited = {"user": self.user, "ts": next(self._ts)}
        await self.reports(
            {
                "type": "message",
                "subtype": "message_changed",
                "message": {**message, "text": new, "edited": edited},
                "previous_message": {**message, "text": old},
                "ts": edited["ts"],
            }
        )

    async def deletes(self, ts: str, text: str) -> None:
        former = {"type": "message", "user": self.user, "ts": ts, "text": text}
        await self.reports(
            {
                "type": "message",
                "subtype": "message_deleted",
                "deleted_ts": ts,
                "previous_message": former,
                "ts": next(self._ts),
            }
        )

    async def presses(self, title: str, value: str) -> None:
        ts = next(self._ts)
        payload = {
            "type": "block_actions",
            "user": {"id": self.user},
            "channel": {"id": self.channel},
            "message": {"ts": ts, **({"thread_ts": self.thread} if self.thread else {})},
            "actions": [
                {
                    "type": "button",
                    "value": value,
                    "text": {"type": "plain_text", "text": title},
                    "action_ts": ts,
                }
            ],
        }
        body = urlencode({"payload": json.dumps(payload)}).encode()
        assert await self._post(body, "application/x-www-form-urlencoded") < 300

    async def reports(self, event: dict[str, Any], *, times: int = 1) -> None:
        place = {"channel": self.channel}
        if self.channel.startswith("D"):
            place["channel_type"] = "im"
        if self.thread and event.get("subtype") in (None, "file_share"):
            place["thread_ts"] = self.thread
        envelope = {
            "type": "event_callback",
            "event_id": f"Ev{uuid.uuid4().hex[:8]}",
            "event": {**place, **event},
            "authorizations": [{"user_id": BOT, "is_bot": True}],
        }
        for number in range(times):
            headers = {"x-slack-retry-num": str(number), "x-slack-retry-reason": "http_error"}
            assert (
                await self._post(
                    json.dumps(envelope).encode(), self.content_type, headers if number else {}
                )
                < 300
            )

    async def _post(
        self, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> int:
        now = str(int(time.time()))
        signed = hmac.new(SECRET.encode(), b"v0:" + now.encode() + b":" + body, hashlib.sha256)
        given = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": f"v0={signed.hexdigest()}",
            **(headers or {}),
        }
        async with self.http.post(self.webhook, data=body, headers=given) as answer:
            return answer.status
