"""A local imitation of the Bot Connector, of Microsoft's login, and of Teams' activities.

From Microsoft's pages "Authentication with the Bot Connector API", "API reference for the Bot
Framework Connector service", "Format your bot messages" and "Send and receive files using bot"
(https://learn.microsoft.com/azure/bot-service/rest-api and
https://learn.microsoft.com/microsoftteams/platform/bots).
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from rasa.core.channels import botframework
from rasa.core.channels.botframework import BotFrameworkInput

from tests.support.platforms.local_api import LocalApi, attachment

APP_ID = "5f0c0000-0000-4000-8000-000000000001"
PASSWORD = "not-a-real-password"
BOT = {"id": f"28:{APP_ID}", "name": "Mill Lane"}
KEY_ID = "key-1"
#: The size of the whole message in UTF-16, at first; later it is more.
MAX_BYTES = 28 * 1024
HERO_CARD = "application/vnd.microsoft.card.hero"
TEAMS_FILE = "application/vnd.microsoft.teams.file.download.info"


class LocalBotFrameworkInput(BotFrameworkInput):
    """Use another login, for which Rasa's channel has no setting."""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> BotFrameworkInput:
        values = dict(credentials or {})
        api = values.pop("api")
        botframework.MICROSOFT_OAUTH2_URL = api
        botframework.MICROSOFT_OPEN_ID_URI = f"{api}/.well-known/openidconfiguration"
        return super().from_credentials(values)


def block(api: str) -> dict[str, str]:
    """Make the channel's settings."""
    return {"api": api, "app_id": APP_ID, "app_password": PASSWORD}


class BotConnectorApi(LocalApi):
    """Give tokens for the bot's password; take activities, and give files, for a valid token.

    Args:
        path: Where the Connector is, as Teams has regions: "/emea".
    """

    def __init__(self, path: str = "/emea") -> None:
        super().__init__()
        self._path = path
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.activities: list[tuple[str, dict[str, Any]]] = []
        self.blocked: set[str] = set()
        self.valid_tokens: set[str] = set()
        self.given = 0
        self.login_refusals: list[web.Response] = []
        self.requests_of_anybody: list[str] = []
        self.moved_to = ""

    @property
    def service_url(self) -> str:
        return f"{self.url}{self._path}/"

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/.well-known/openidconfiguration", self._configuration)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/botframework.com/oauth2/v2.0/token", self._login)
        base = f"{self._path}/v3"
        app.router.add_post(f"{base}/conversations/{{id}}/activities", self._post)
        app.router.add_get(f"{base}/attachments/{{id}}/views/original", self._file)
        app.router.add_get("/personal/download/{id}", self._open_file)

    def texts(self, conversation: str) -> list[str]:
        """List what is shown in a conversation, with cards and the names of pictures."""
        found = []
        for place, each in self.activities:
            if place == conversation:
                found += [each["text"], *_shown(each.get("attachments", []))]
        return found

    def expire_tokens(self) -> None:
        """Refuse all tokens that were given."""
        self.valid_tokens.clear()

    def signature(self, service_url: str | None = None, **claims: Any) -> str:
        """Sign a request to the bot, as the Connector does."""
        values = {
            "iss": "https://api.botframework.com",
            "aud": APP_ID,
            "exp": int(time.time()) + 3600,
            "serviceurl": self.service_url if service_url is None else service_url,
            **claims,
        }
        return jwt.encode(values, self._key, algorithm="RS256", headers={"kid": KEY_ID})

    async def _configuration(self, request: web.Request) -> web.Response:
        return web.json_response({"jwks_uri": f"{self.url}/keys"})

    async def _keys(self, request: web.Request) -> web.Response:
        key = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return web.json_response({"keys": [{**key, "kid": KEY_ID}]})

    async def _login(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self.login_refusals:
            return self.login_refusals.pop(0)
        if (form["client_id"], form["client_secret"]) != (APP_ID, PASSWORD):
            body = {"error": "invalid_client", "error_description": f"Wrong: {PASSWORD}"}
            return web.json_response(body, status=401)
        assert form["scope"] == "https://api.botframework.com/.default"
        self.given += 1
        token = f"token-{self.given}"
        self.valid_tokens.add(token)
        return web.json_response({"access_token": token, "expires_in": 3599})

    def _is_allowed(self, request: web.Request) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return token in self.valid_tokens

    async def _post(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("Authorization", ""))
        refused = self.refusal()
        if refused is not None:
            return refused
        if not self._is_allowed(request):
            return _error(401, "AuthorizationFailed")
        conversation = request.match_info["id"]
        if conversation in self.blocked:
            return _error(403, "MessageWritesBlocked")
        text = await request.text()
        if len(text.encode("utf-16-le", "surrogatepass")) > MAX_BYTES:
            return _error(413, "MessageSizeTooBig")
        activity = json.loads(text)
        if not activity.get("text") and not activity.get("attachments"):
            return _error(400, "BadSyntax")
        self.activities.append((conversation, activity))
        return web.json_response({"id": str(int(time.time() * 1000))}, status=201)

    async def _file(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("Authorization", ""))
        if self.moved_to:
            raise web.HTTPFound(self.moved_to)
        if not self._is_allowed(request):
            return _error(401, "AuthorizationFailed")
        if request.match_info["id"] not in self.files:
            return _error(404, "NotFound")
        data, kind = self.files[request.match_info["id"]]
        return web.Response(body=data, content_type=kind)

    async def _open_file(self, request: web.Request) -> web.Response:
        self.requests_of_anybody.append(request.headers.get("Authorization", ""))
        return attachment(*self.files[request.match_info["id"]])


def _shown(attachments: list[dict[str, Any]]) -> list[str]:
    found = []
    for each in attachments:
        if each["contentType"] == HERO_CARD:
            card = each["content"]
            found += [card.get("title", ""), card.get("subtitle", "")]
            found += [one["url"] for one in card.get("images", [])]
        else:
            found.append(each["contentUrl"])
    return found


def _error(status: int, code: str) -> web.Response:
    body = {"error": {"code": code, "message": "Words that may quote the message."}}
    return web.json_response(body, status=status)


@dataclass
class TeamsUser:
    """A user of Teams, whose messages the Connector reports.

    Args:
        webhook: The bot's.
        http: A client.
        api: The Connector.
        conversation: A personal chat by default.
    """

    webhook: str
    http: aiohttp.ClientSession
    api: BotConnectorApi
    user: str = field(default_factory=lambda: f"29:1{uuid.uuid4().hex}_x-y")
    conversation: str = field(default_factory=lambda: f"a:1{uuid.uuid4().hex}")

    def activity(self, text: str | None = "", **values: Any) -> dict[str, Any]:
        """Make an activity of a message."""
        return {
            "type": "message",
            "id": uuid.uuid4().hex,
            "timestamp": "2026-01-05T10:00:00.000Z",
            "serviceUrl": self.api.service_url,
            "channelId": "msteams",
            "from": {"id": self.user, "name": "Mara"},
            "conversation": {"id": self.conversation, "conversationType": "personal"},
            "recipient": BOT,
            "textFormat": "plain",
            "text": text,
            **values,
        }

    async def says(self, text: str, *, times: int = 1, **values: Any) -> None:
        """Write a message; the Connector may report it several times."""
        activity = self.activity(text, **values)
        for _ in range(times):
            await self.post(activity)

    async def presses(self, button: dict[str, Any]) -> None:
        """Press a button, as the page "Card actions" describes its kinds."""
        if button["type"] == "messageBack":
            await self.says(button["text"], value=button.get("value"))
        else:
            assert button["type"] == "imBack"
            await self.says(button["value"])

    async def post(self, activity: dict[str, Any], *, signature: str | None = None) -> None:
        """Report an activity."""
        token = self.api.signature() if signature is None else signature
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.post(self.webhook, json=activity, headers=headers) as answer:
            assert answer.status == 200, await answer.text()


def picture(api: BotConnectorApi, name: str) -> dict[str, Any]:
    """Make the attachment of a picture that only the bot's token opens."""
    url = f"{api.service_url}v3/attachments/{name}/views/original"
    return {"contentType": "image/*", "contentUrl": url}


def file(api: BotConnectorApi, name: str) -> dict[str, Any]:
    """Make the attachment of a file, with an address that opens it for some minutes."""
    return {
        "contentType": TEAMS_FILE,
        "contentUrl": f"https://contoso.sharepoint.com/personal/mara/{name}",
        "name": name,
        "content": {"downloadUrl": f"{api.url}/personal/download/{name}", "fileType": "txt"},
    }
