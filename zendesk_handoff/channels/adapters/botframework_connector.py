"""Calls of the Bot Connector: the bot's token, and where it may be sent.

Facts: Microsoft's pages "Authentication with the Bot Connector API"
(https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication),
"API reference for the Bot Framework Connector service" (`Send to Conversation`;
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference)
and, for Teams, "Optimize your bot with rate limiting"
(https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit).
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import jwt
from rasa.core.channels import botframework
from sanic.request import Request
from yarl import URL

from zendesk_handoff.channels.adapters.downloads import origin
from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.errors import NotDelivered

_TIMEOUT = aiohttp.ClientTimeout(total=20.0, sock_connect=10.0)
_SCOPE = "https://api.botframework.com/.default"
_TAKEN = frozenset({200, 201, 202})
#: Teams answers so for a moment, too.
_PRECONDITION_FAILED = 412
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
#: Seconds before its end when a token is renewed, and how long one is kept that does not tell.
_MARGIN = 300.0
_SHORTEST = 60.0


def service_address(value: object) -> str | None:
    """Return a service URL to which the bot's token may be sent, with a slash at its end.

    Args:
        value: From an activity.

    Returns:
        The address; ``None`` unless it is one of ``https``, or on this machine, where Microsoft's
        emulator is.
    """
    found = origin(value) if isinstance(value, str) else None
    if found is None or not isinstance(value, str):
        return None
    parts = urlsplit(value)
    if parts.query or parts.fragment or not value.isprintable() or ".." in parts.path:
        return None
    if found[0] != "https" and not _is_loopback(found[1]):
        return None
    return value if value.endswith("/") else f"{value}/"


def signed_service_url(request: Request) -> str | None:
    """Return the service URL that Microsoft has signed in the token of a request.

    A bot must compare it with the one in the activity (page "Authentication with the Bot Connector
    API", step "Verify the JWT token"), which Rasa's channel does not.

    Args:
        request: One whose token Rasa's channel has verified.
    """
    _, _, token = (request.headers.get("Authorization") or "").partition(" ")
    try:
        claims = jwt.decode(token.strip(), options={"verify_signature": False})
    except jwt.PyJWTError:
        return None
    return service_address(claims.get("serviceurl"))


class Connector:
    """Sends activities of a bot; its token goes to the service URL and nowhere else.

    Args:
        app_id: The bot's id.
        password: The bot's secret.
    """

    def __init__(self, app_id: str, password: str) -> None:
        """Keep the secret; no token is asked for yet."""
        self._app_id = app_id
        self._password = password
        self._token = ""
        self._ends_at = 0.0  # by the monotonic clock
        self._lock = asyncio.Lock()

    async def post(self, service_url: str, conversation: str, activity: Mapping[str, Any]) -> None:
        """Send an activity, with a new token if the first one is refused.

        Args:
            service_url: From an activity that was verified.
            conversation: The conversation's id.
            activity: To be sent.

        Raises:
            NotDelivered: The service has refused it, or could not be reached.
        """
        url = _activities_url(service_url, conversation)
        body = json.dumps(activity, ensure_ascii=False).encode("utf-8", "replace")
        token = await self.token()
        status, answer, after = await _post(url, body, token)
        if status == 401:
            token = await self.token(instead_of=token)
            status, answer, after = await _post(url, body, token)
        if status not in _TAKEN:
            may_repeat = True if status == _PRECONDITION_FAILED else None
            raise http_refusal(status, _code(answer), retry_after=after, may_repeat=may_repeat)

    async def token(self, *, instead_of: str | None = None) -> str:
        """Return the bot's token.

        Args:
            instead_of: One that was refused.

        Raises:
            NotDelivered: Microsoft has refused it, or could not be reached.
        """
        async with self._lock:
            if time.monotonic() >= self._ends_at or self._token == instead_of:
                await self._renew()
            return self._token

    async def _renew(self) -> None:
        url = f"{botframework.MICROSOFT_OAUTH2_URL}/{botframework.MICROSOFT_OAUTH2_PATH}"
        form = {
            "grant_type": "client_credentials",
            "client_id": self._app_id,
            "client_secret": self._password,
            "scope": _SCOPE,
        }
        status, answer, after = await _call(url, data=form)
        if status != 200:
            refusal = http_refusal(status, _code(answer), retry_after=after)
            reason = f"the bot's token was refused: {refusal.reason}"
            raise NotDelivered(
                reason,
                may_repeat=refusal.may_repeat,
                retry_after=refusal.retry_after,
                is_of_form=False,
            )
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NotDelivered("the channel gave no token that can be read", may_repeat=True)
        left = float(seconds) if isinstance(seconds, int | float) else 0.0
        self._token = token
        self._ends_at = time.monotonic() + max(left - _MARGIN, _SHORTEST)


def _activities_url(service_url: str, conversation: str) -> str:
    base = service_address(service_url)
    if base is None or not conversation.strip("."):
        raise NotDelivered(
            "the conversation's address is not known", may_repeat=False, is_of_form=False
        )
    return f"{base}v3/conversations/{quote(conversation, safe='')}/activities"


async def _post(url: str, body: bytes, token: str) -> tuple[int, Mapping[str, Any], str | None]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return await _call(url, data=body, headers=headers)


async def _call(url: str, **request: Any) -> tuple[int, Mapping[str, Any], str | None]:
    """Make a request; redirects are not followed, since they would take the secret elsewhere.

    Returns:
        The status, the object in the response, and the header ``Retry-After``.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True) as session,
            session.post(URL(url, encoded=True), allow_redirects=False, **request) as response,
        ):
            text = await response.text(errors="replace")
            status, after = response.status, response.headers.get("Retry-After")
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
        raise no_connection() from None  # their texts hold the address
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    return status, answer if isinstance(answer, dict) else {}, after


def _code(answer: Mapping[str, Any]) -> str:
    """Return the code of an error; its message may quote what was sent."""
    error = answer.get("error")
    code = error.get("code") if isinstance(error, dict) else error
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
