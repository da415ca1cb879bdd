"""The route through which users read agents' files, which Zendesk shows only with the API key."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

from aiohttp import ClientResponse
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.domain.media import AGENT_MEDIA_PATH, download_headers, is_inline_image
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.errors import ApiError, ConversationsError
from zendesk_handoff.rasa.runtime import Runtime
from zendesk_handoff.settings import Settings
from zendesk_handoff.zendesk.media import is_zendesk_media

#: The largest file that Zendesk takes (Conversations API: `UploadAttachment`).
_MAX_MEDIA_BYTES = 50 * 1024 * 1024
#: Seconds for one file: the largest one over a poor mobile connection of 90 KB/s. A stalled
#: download would hold a connection slot for ever.
_READ_TIMEOUT = 600.0
_CHUNK_BYTES = 64 * 1024


def add_media_route(
    routes: Blueprint | Sanic,
    settings: Settings,
    *,
    read_timeout: float = _READ_TIMEOUT,
    max_bytes: int = _MAX_MEDIA_BYTES,
) -> None:
    """Add the route.

    Args:
        routes: The plugin's blueprint, or an app; its app's context has the runtime.
        settings: The plugin's settings, with the connectors.
        read_timeout: Seconds within which a user must have read a file.
        max_bytes: The size of the largest file.
    """

    @routes.get(AGENT_MEDIA_PATH + "/<token:str>/<name:str>")
    async def media(request: Request, token: str, name: str) -> HTTPResponse | None:
        found = await _find_file(request.app.ctx.zendesk_handoff, settings, token)
        if found is None:
            return error_response(404, "There is no such file.")
        file, file_name = found
        try:
            # Around everything: Zendesk may be slow to send, and the user slow to read.
            return await asyncio.wait_for(
                _stream(request, file, file_name, max_bytes=max_bytes), read_timeout
            )
        except (ConversationsError, asyncio.TimeoutError):
            if not request.responded:
                return error_response(502, "The file cannot be read now. Try again later.")
            # A regular end of the response would make the part look whole, and wait for the reader.
            request.transport.abort()
            return None


async def _find_file(
    runtime: Runtime, settings: Settings, token: str
) -> tuple[AbstractAsyncContextManager[ClientResponse], str] | None:
    """Find the file of a token: Zendesk's response, not yet opened, and the file's name."""
    event = await runtime.store.inbox.by_media_token(token)
    session = await runtime.store.sessions.get(event.session_id) if event else None
    if event is None or session is None:
        return None
    message = AgentMessage(**event.body)
    url = str(message.media_url)
    connector = settings.connectors.get(session.connector_id)
    client = runtime.clients.media(session.connector_id)
    if connector is None or client is None or not is_zendesk_media(url, connector):
        return None
    file = client.open(url, may_follow=lambda target: is_zendesk_media(target, connector))
    return file, message.media_name or "file"


async def _stream(
    request: Request,
    file: AbstractAsyncContextManager[ClientResponse],
    name: str,
    *,
    max_bytes: int,
) -> HTTPResponse | None:
    """Respond with Zendesk's file while it arrives.

    Raises:
        ApiError: The file is larger than it was announced to be.
    """
    async with file as source:
        if source.status != 200 or (source.content_length or 0) > max_bytes:
            return error_response(404, "Zendesk does not serve this file.")
        is_inline = is_inline_image(source.content_type)
        stream = await request.respond(
            content_type=source.content_type if is_inline else "application/octet-stream",
            headers={
                **download_headers(name, source.content_type),
                "Cache-Control": "private, max-age=3600",
            },
        )
        sent = 0
        async for chunk in source.content.iter_chunked(_CHUNK_BYTES):
            sent += len(chunk)
            if sent > max_bytes:
                raise ApiError("GET media", 413, title="the file is larger than Zendesk takes")
            await stream.send(chunk)
        await stream.eof()
        return None
