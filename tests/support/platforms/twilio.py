"""Twilio's API on loopback, with its refusals, and the channels that use it there.

Pages "Messages resource" (https://www.twilio.com/docs/messaging/api/message-resource), "Media
subresource", "Twilio's request to your incoming message webhook URL" and "Webhooks security".
"""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import BasicAuth, web
from rasa.core.channels import twilio as rasas
from twilio.request_validator import RequestValidator

from tests.support.platforms.local_api import LocalApi, attachment
from zendesk_handoff.channels import TwilioInput

ACCOUNT = "AC" + "a" * 32
TOKEN = "not-a-real-token"
BOT_SMS = "+15005550006"
BOT_WHATSAPP = f"whatsapp:{BOT_SMS}"
PUBLIC_URL = "https://bot.example.com"
REPORT_URL = f"{PUBLIC_URL}/webhooks/zendesk/reports/twilio"
#: Of which the tests send some.
WHATSAPP_TYPES = frozenset({"image/png", "image/jpeg", "application/pdf", "audio/ogg"})
_ids = itertools.count(1)


def sid(prefix: str) -> str:
    return f"{prefix}{next(_ids):032x}"


def block(api: str, number: str = BOT_WHATSAPP) -> dict[str, str]:
    """Make the channel's settings."""
    return {"api": api, "account_sid": ACCOUNT, "auth_token": TOKEN, "twilio_number": number}


class LocalTwilioInput(rasas.TwilioInput):
    """Rasa's channel."""

    api = ""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.TwilioInput:
        made = super().from_credentials(credentials)
        made.api = (credentials or {})["api"]
        return made

    def get_output_channel(self) -> rasas.TwilioOutput:
        output = super().get_output_channel()
        output.api.base_url = self.api
        return output


class LocalTwilioInputInPlace(TwilioInput):
    """The plugin's channel."""

    api = ""

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.TwilioInput:
        made = super().from_credentials(credentials)
        made.api = (credentials or {})["api"]
        return made

    def get_output_channel(self) -> rasas.TwilioOutput:
        output = super().get_output_channel()
        output.api.base_url = self.api
        return output


class LocalSmsInput(LocalTwilioInputInPlace):
    """The plugin's channel with another number and name, so that a server can have both."""

    @classmethod
    def name(cls) -> str:
        return "sms"

    def blueprint(self, on_new_message: Any) -> Any:
        blueprint = super().blueprint(on_new_message)
        blueprint.name = "sms_webhook"
        return blueprint


class StockSmsInput(LocalTwilioInput):
    """Rasa's channel with another number and name."""

    @classmethod
    def name(cls) -> str:
        return "stocksms"

    def blueprint(self, on_new_message: Any) -> Any:
        blueprint = super().blueprint(on_new_message)
        blueprint.name = "stocksms_webhook"
        return blueprint


class MediaStore(LocalApi):
    """Where Twilio keeps files: at an origin of its own, to which credentials must not go."""

    def routes(self, app: web.Application) -> None:
        app.router.add_get("/{name}", self._read)

    async def _read(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("Authorization", ""))
        return attachment(*self.files[request.match_info["name"]])


class TwilioApi(LocalApi):
    """The API: records what it takes, and refuses what Twilio refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.states: dict[str, tuple[str, int | None]] = {}
        self.store = MediaStore()
        #: Where ``PUBLIC_URL`` is; files are looked at if it is given.
        self.public = ""

    def __enter__(self) -> Any:
        self.store.__enter__()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self.store.__exit__(*error)

    def routes(self, app: web.Application) -> None:
        root = "/2010-04-01/Accounts/{account}/Messages"
        app.router.add_post(f"{root}.json", self._create)
        app.router.add_get(f"{root}/{{sid}}.json", self._fetch)
        app.router.add_get(f"{root}/{{sid}}/Media/{{media}}", self._media)

    def texts(self, to: str) -> list[str]:
        return [each["Body"] for each in self.sent if each["To"] == to and "Body" in each]

    def media(self, to: str) -> list[str]:
        return [each["MediaUrl"] for each in self.sent if each["To"] == to and "MediaUrl" in each]

    def refuse_with(self, status: int, code: int, *, times: int = 1) -> None:
        self.refuse(status, _error(status, code), times=times)

    def add_file(self, data: bytes, kind: str) -> str:
        """Keep a user's file; return its address."""
        media = sid("ME")
        self.store.files[media] = (data, kind)
        return f"{self.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid('MM')}/Media/{media}"

    async def _create(self, request: web.Request) -> web.Response:
        if not _is_authorized(request):
            return web.json_response(_error(401, 20003), status=401)
        prepared = self.refusal()
        if prepared is not None:
            return prepared
        fields = {key: str(value) for key, value in (await request.post()).items()}
        code = _refusal_of(fields) or await self._file_error(fields.get("MediaUrl", ""))
        if code is not None:
            return web.json_response(_error(400, code), status=400)
        fields["Sid"] = sid("SM")
        self.sent.append(fields)
        return web.json_response(_message(fields["Sid"], "queued", None), status=201)

    async def _file_error(self, url: str) -> int | None:
        """Look at a file of this server's: WhatsApp goes by the type in its header."""
        if not self.public or not url.startswith(PUBLIC_URL):
            return None
        async with aiohttp.ClientSession() as session:
            async with session.get(url.replace(PUBLIC_URL, self.public)) as answer:
                fits = answer.status == 200 and answer.content_type in WHATSAPP_TYPES
                return None if fits else 63021

    async def _fetch(self, request: web.Request) -> web.Response:
        prepared = self.refusal()
        if prepared is not None:
            return prepared
        if not _is_authorized(request):
            return web.json_response(_error(401, 20003), status=401)
        found = request.match_info["sid"]
        status, code = self.states.get(found, ("queued", None))
        return web.json_response(_message(found, status, code))

    async def _media(self, request: web.Request) -> web.Response:
        self.tokens_seen.append(request.headers.get("Authorization", ""))
        if not _is_authorized(request):
            return web.json_response(_error(401, 20003), status=401)
        raise web.HTTPTemporaryRedirect(f"{self.store.url}/{request.match_info['media']}")


def _refusal_of(fields: dict[str, str]) -> int | None:
    if len(fields.get("Body", "").encode("utf-16-le")) // 2 > 1600:
        return 21617
    if fields["To"].startswith("whatsapp:") != fields["From"].startswith("whatsapp:"):
        return 21910
    if not fields["To"].removeprefix("whatsapp:").startswith("+"):
        return 21211
    if not fields.get("Body") and "MediaUrl" not in fields:
        return 21602
    if "unreadable" in fields.get("MediaUrl", ""):
        return 21620
    callback = fields.get("StatusCallback", "https://bot.example.com")
    return 21609 if "127.0.0.1" in callback else None


def _is_authorized(request: web.Request) -> bool:
    return request.headers.get("Authorization") == BasicAuth(ACCOUNT, TOKEN).encode()


def _error(status: int, code: int) -> dict[str, Any]:
    return {
        "code": code,
        "message": "The message 'a private word' is refused.",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def _message(message_sid: str, status: str, code: int | None) -> dict[str, Any]:
    return {"sid": message_sid, "account_sid": ACCOUNT, "status": status, "error_code": code}


def signed(url: str, fields: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    """Make the headers of a call that Twilio has signed."""
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": RequestValidator(token).compute_signature(url, fields),
    }


class TwilioUser:
    """A user's phone, whose messages Twilio posts to the webhook."""

    def __init__(
        self,
        rasa_url: str,
        http: aiohttp.ClientSession,
        *,
        number: str,
        bot: str = BOT_WHATSAPP,
        channel: str = "twilio",
    ) -> None:
        self.number, self.bot, self.channel = number, bot, channel
        self._rasa_url, self._http = rasa_url, http

    async def says(self, text: str, **fields: str) -> None:
        await self.sends(Body=text, **fields)

    async def sends(self, *, status: int = 204, headers: Any = None, **fields: str) -> None:
        body = {
            "MessageSid": sid("SM"),
            "AccountSid": ACCOUNT,
            "From": self.number,
            "To": self.bot,
            "Body": "",
            "NumMedia": "0",
            "ProfileName": "Jo <b>",
            **fields,
        }
        url = f"{self._rasa_url}/webhooks/{self.channel}/webhook"
        headers = headers or {"Content-Type": "application/x-www-form-urlencoded"}
        async with self._http.post(url, data=urlencode(body), headers=headers) as answer:
            assert answer.status == status, await answer.text()

    async def report(
        self, message: str, state: str, code: int | None = None, *, token: str = TOKEN
    ) -> int:
        """Post a status callback, as Twilio does; return the answer's status."""
        fields = {
            "MessageSid": message,
            "MessageStatus": state,
            "AccountSid": ACCOUNT,
            "ChannelStatusMessage": "",
            **({"ErrorCode": str(code)} if code else {}),
        }
        url = f"{self._rasa_url}/webhooks/zendesk/reports/twilio"
        headers = signed(REPORT_URL, fields, token)
        async with self._http.post(url, data=urlencode(fields), headers=headers) as answer:
            return answer.status


def contains(api: TwilioApi, words: str) -> bool:
    return words in json.dumps(api.sent, ensure_ascii=False)
