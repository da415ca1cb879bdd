"""Messenger's Send API on loopback, with its refusals, and the channels that use it there.

Meta's pages "Send API", "Common Error Codes" and "Webhooks"
(https://developers.facebook.com/docs/messenger-platform/reference/send-api).
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections import defaultdict
from typing import Any

import aiohttp
from aiohttp import web
from rasa.core.channels import facebook as rasas

from tests.support.platforms.local_api import LocalApi
from zendesk_handoff.channels import FacebookInput
from zendesk_handoff.domain.text import units

TOKEN, SECRET, VERIFY = "page-token-of-nobody", "an-app-secret", "a-verify-token"
OUTSIDE_WINDOW = {"code": 10, "error_subcode": 2018278}
NOT_AVAILABLE = {"code": 551, "error_subcode": 1545041}

_MessengerClient = rasas.MessengerClient


def redirect(api: str) -> None:
    """Use another address of the API, for which Rasa's channel has no setting."""

    class LocalClient(_MessengerClient):
        def __init__(self, token: str, **values: Any) -> None:
            super().__init__(token, **values)
            self.graph_url = f"{api}/v2.12"

    rasas.MessengerClient = LocalClient


class StockFacebookInput(rasas.FacebookInput):
    """Rasa's channel."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.FacebookInput:
        values = dict(credentials or {})
        redirect(values.pop("api"))
        return super().from_credentials(values)


class OurFacebookInput(FacebookInput):
    """The plugin's channel, under another name."""

    @classmethod
    def name(cls) -> str:
        return "ourfacebook"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.FacebookInput:
        values = dict(credentials or {})
        redirect(values.pop("api"))
        return super().from_credentials(values)


def block(api: str) -> dict[str, str]:
    """Make the channel's settings."""
    return {"api": api, "verify": VERIFY, "secret": SECRET, "page-access-token": TOKEN}


def error(status: int, **fields: Any) -> web.Response:
    body = {"message": "(#1) An error of Meta's", "type": "OAuthException", **fields}
    return web.json_response({"error": body}, status=status)


class MessengerApi(LocalApi):
    """The API: records what it takes, and refuses what Messenger refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.actions: defaultdict[str, list[str]] = defaultdict(list)
        #: Users whose 24 hours are over, and those who have blocked the page.
        self.closed: set[str] = set()
        self.blocked: set[str] = set()
        self.redirects: dict[str, str] = {}
        self.raw: list[web.Response] = []
        self._ids = itertools.count(1)

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/v2.12/me/messages", self._messages)
        app.router.add_get("/files/{name}", self._file)

    def texts(self, user: str) -> list[str]:
        """List what a user reads: texts, and the texts and titles of templates."""
        found = []
        for message in self.sent[user]:
            payload = message.get("attachment", {}).get("payload", {})
            found += [message.get("text"), payload.get("text"), payload.get("url")]
            for each in payload.get("elements", ()):
                found += [each.get("title"), each.get("subtitle")]
        return [each for each in found if each]

    async def _messages(self, request: web.Request) -> web.Response:
        body = await request.json()
        if request.query.get("access_token") != TOKEN:
            return error(400, code=190)
        user = body["recipient"]["id"]
        if "sender_action" in body:
            action = body["sender_action"]
            self.actions[user].append(action)
            return web.json_response({"recipient_id": user})
        prepared = self.refusal()
        if prepared is not None:
            return prepared
        if not user.isdigit():
            return error(400, code=100, error_subcode=2018001)
        if user in self.closed:
            return error(400, **OUTSIDE_WINDOW)
        if user in self.blocked:
            return error(400, **NOT_AVAILABLE)
        words = _problem(body["message"])
        if words or body["messaging_type"] != "RESPONSE":
            return error(400, code=100, message=f"(#100) {words}")
        self.sent[user].append(body["message"])
        mid = f"m_{next(self._ids)}"
        return web.json_response({"recipient_id": user, "message_id": mid})

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in self.redirects:
            raise web.HTTPFound(self.redirects[name])
        if name not in self.files:
            return web.Response(status=403, text="URL signature expired")
        data, kind = self.files[name]
        return web.Response(body=data, content_type=kind)


def _problem(message: dict[str, Any]) -> str:
    """Say what is wrong with a message; empty if nothing is."""
    attachment = message.get("attachment")
    payload = attachment["payload"] if attachment else {}
    text = message.get("text", "")
    if (attachment is None) == (not text.strip()):
        return "Either text or attachment must be set"
    replies = message.get("quick_replies", [])
    if units(text) > 2000 or len(replies) > 13:
        return "Length of param message[text] must be less than or equal to 2000"
    if any(not 0 < units(each["title"]) <= 20 for each in replies):
        return "Length of param quick_replies"
    if attachment is None:
        return ""
    if attachment["type"] in {"image", "audio", "video", "file"}:
        return "" if payload["url"].startswith("http") else "should represent a valid URL"
    if payload["template_type"] == "button":
        fits = 0 < units(payload["text"]) <= 640 and _buttons_fit(payload["buttons"])
        return "" if fits else "Length of param text or buttons"
    elements = payload["elements"]
    fits = 0 < len(elements) <= 10 and all(
        0 < units(each["title"]) <= 80
        and units(each.get("subtitle", "")) <= 80
        and len(each) > 1
        and ("buttons" not in each or _buttons_fit(each["buttons"]))
        for each in elements
    )
    return "" if fits else "Invalid elements"


def _buttons_fit(buttons: list[dict[str, Any]]) -> bool:
    return 0 < len(buttons) <= 3 and all(
        0 < units(each["title"]) <= 20
        and each["type"] in {"web_url", "postback"}
        and bool(each.get("url") or each.get("payload"))
        for each in buttons
    )


class MessengerUser:
    """A user, whose events Meta posts to the webhook."""

    _ids = itertools.count(1000)

    def __init__(self, webhook: str, http: aiohttp.ClientSession, *, user: str) -> None:
        self.user, self._url, self._http = user, webhook, http

    def event(self, **fields: Any) -> dict[str, Any]:
        who = {"sender": {"id": self.user}, "recipient": {"id": "90001"}}
        return {**who, "timestamp": 1_700_000_000_000, **fields}

    def message(self, text: str | None = None, **fields: Any) -> dict[str, Any]:
        said = {} if text is None else {"text": text}
        return self.event(message={"mid": f"m_in_{next(self._ids)}", **said, **fields})

    async def says(self, text: str) -> None:
        await self.posts(self.message(text))

    async def sends(self, *attachments: tuple[str, Any], text: str | None = None) -> None:
        listed = [{"type": kind, "payload": payload} for kind, payload in attachments]
        await self.posts(self.message(text, attachments=listed))

    async def posts(self, *events: Any, status: int = 200, secret: str = SECRET) -> None:
        """Post events in one request, each in an entry of its own."""
        entries = [{"id": "90001", "time": 1, "messaging": [each]} for each in events]
        await self.posts_body({"object": "page", "entry": entries}, status=status, secret=secret)

    async def posts_body(self, body: Any, *, status: int = 200, secret: str = SECRET) -> None:
        data = json.dumps(body).encode()
        signature = hmac.new(secret.encode(), data, hashlib.sha1).hexdigest()
        headers = {"X-Hub-Signature": f"sha1={signature}", "Content-Type": "application/json"}
        async with self._http.post(self._url, data=data, headers=headers) as answer:
            assert answer.status == status, await answer.text()
