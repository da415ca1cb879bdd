"""The route through which users read agents' files, which Zendesk shows only with the API key."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.channels.media_stream import send_file
from zendesk_handoff.channels.shares import Shares
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.domain.messages import AgentMessage, read_agent_message
from zendesk_handoff.domain.session import Session
from zendesk_handoff.errors import ConversationsError, StoreUnavailable
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Settings
from zendesk_handoff.zendesk.media import is_zendesk_media
from zendesk_handoff.zendesk.media_client import MediaClient

#: The largest file that Zendesk takes (Conversations API: `UploadAttachment`).
_MAX_MEDIA_BYTES = 50 * 1024 * 1024
#: Seconds for one file: the largest one over a poor mobile connection of 90 KB/s.
_READ_TIMEOUT = 600.0
#: Seconds within which a reader must take the next 64 KB. A stalled download would hold a
#: connection slot until the former time is over.
_STALL_TIMEOUT = 30.0
#: Concurrent downloads of one file, and of all files of one session: a browser opens up to six
#: connections, and a page may show several pictures.
_PER_TOKEN, _PER_SESSION = 6, 12
_DAY = 24 * 3600.0


@dataclass(frozen=True)
class MediaLimits:
    """Limits of the media route.

    Args:
        read_timeout: Seconds within which a user must have read a file.
        stall_timeout: Seconds within which a user must have read the next 64 KB.
        max_bytes: The size of the largest file.
        per_token: Concurrent downloads of one message's files.
        per_session: Concurrent downloads of all of a session's files.
    """

    read_timeout: float = _READ_TIMEOUT
    stall_timeout: float = _STALL_TIMEOUT
    max_bytes: int = _MAX_MEDIA_BYTES
    per_token: int = _PER_TOKEN
    per_session: int = _PER_SESSION


@dataclass(frozen=True)
class _File:
    url: str = field(repr=False)
    name: str = field(repr=False)
    session: Session
    client: MediaClient


def add_media_route(
    routes: Blueprint | Sanic, settings: Settings, *, limits: MediaLimits | None = None
) -> None:
    """Add the route.

    Args:
        routes: The plugin's blueprint, or an app; its app's context has the runtime.
        settings: The plugin's settings, with the connectors.
        limits: The limits; those above by default.
    """
    limits, shares = limits or MediaLimits(), Shares()

    @routes.route(AGENT_MEDIA_PATH + "/<token:str>/<name:str>", methods=["GET", "HEAD"])
    async def media(request: Request, token: str, name: str) -> HTTPResponse | None:
        return await respond(request, token)

    @routes.route(
        AGENT_MEDIA_PATH + "/<token:str>/<number:int>/<name:str>",
        methods=["GET", "HEAD"],
        name="card_media",
    )
    async def card_media(
        request: Request, token: str, number: int, name: str
    ) -> HTTPResponse | None:
        return await respond(request, token, number)

    async def respond(request: Request, token: str, card: int | None = None) -> HTTPResponse | None:
        try:
            found = await _find_file(request.app.ctx.zendesk_handoff, settings, token, card)
        except StoreUnavailable:
            return error_response(503, "The file cannot be read now. Try again later.")
        if not isinstance(found, _File):
            return found
        places = {f"token {token}": limits.per_token, found.session.id: limits.per_session}
        with shares.take(places) as is_free:
            if not is_free:
                # Others have their own share: this one's other downloads must end first.
                return error_response(429, "You are reading too many files at once. Wait a moment.")
            return await _respond(request, found, limits)


async def _respond(request: Request, file: _File, limits: MediaLimits) -> HTTPResponse | None:
    sending = send_file(
        request,
        file.client,
        file.url,
        name=file.name,
        max_bytes=limits.max_bytes,
        stall_timeout=limits.stall_timeout,
    )
    try:
        # Around everything: Zendesk may be slow to send, and the user slow to read.
        return await asyncio.wait_for(sending, limits.read_timeout)
    except (ConversationsError, asyncio.TimeoutError):
        if not request.responded:
            return error_response(502, "The file cannot be read now. Try again later.")
        # A regular end of the response would make the part look whole, and wait for the reader.
        request.transport.abort()
        return None


async def _find_file(
    runtime: Runtime, settings: Settings, token: str, card: int | None
) -> _File | HTTPResponse:
    """Find the file of a token, or say why there is none.

    Args:
        runtime: The plugin's.
        settings: The plugin's settings, with the connectors.
        token: The message's.
        card: The card whose picture it is, by its place; ``None`` for the message's file.
    """
    event = await runtime.store.inbox.by_media_token(token)
    session = await runtime.store.sessions.get(event.session_id) if event else None
    if event is None or session is None:
        return error_response(404, "There is no such file.")
    if _has_expired(session, settings.retention.media_days):
        return error_response(410, "This file is no longer available.")
    url, name = _address(read_agent_message(event.body), card)
    connector = settings.connectors.get(session.connector_id)
    client = runtime.clients.media(session.connector_id)
    if connector is None or client is None or not is_zendesk_media(url, connector):
        return error_response(404, "There is no such file.")
    return _File(url, name, session, client)


def _address(message: AgentMessage, card: int | None) -> tuple[str, str]:
    if card is None:
        return message.media_url or "", message.media_name or "file"
    return (message.cards[card].image_url if 0 <= card < len(message.cards) else ""), "image"


def _has_expired(session: Session, days: float | None) -> bool:
    if days is None or session.is_open:
        return False
    return (session.ended_at or session.created_at) + days * _DAY < time.time()
