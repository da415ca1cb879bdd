"""A response with a file of Zendesk's, or with a part of it, while it arrives."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from aiohttp import ClientResponse
from sanic.request import Request
from sanic.response import HTTPResponse, empty

from zendesk_handoff.channels.error_responses import error_response
from zendesk_handoff.domain.byte_ranges import ByteRange, Part, read_content_range, read_range
from zendesk_handoff.domain.media import download_headers, download_type
from zendesk_handoff.errors import ApiError
from zendesk_handoff.zendesk.media_client import MediaClient

_CHUNK_BYTES = 64 * 1024


async def send_file(
    request: Request,
    client: MediaClient,
    url: str,
    *,
    name: str,
    max_bytes: int,
    stall_timeout: float,
) -> HTTPResponse | None:
    """Respond with a file, or with the range of it that the request asks for.

    Args:
        request: ``GET`` or ``HEAD``.
        client: The client of the file's connector.
        url: The file's address at Zendesk.
        name: The file's name.
        max_bytes: The size of the largest file.
        stall_timeout: Seconds within which the reader must take the next 64 KB.

    Returns:
        A response that is still to be sent; ``None`` after a file.

    Raises:
        ConversationsError: Zendesk does not answer, or sends more than it has announced.
        asyncio.TimeoutError: The reader has stalled.
    """
    tag = f'"{hashlib.sha256(url.encode()).hexdigest()[:32]}"'
    wanted = _wanted(request, tag)
    async with client.open(url, byte_range=wanted.header if wanted else None) as source:
        if source.status not in {200, 206, 416}:
            return error_response(404, "Zendesk does not serve this file.")
        size, part, skipped = _plan(source, wanted)
        if size is not None and size > max_bytes:
            return error_response(404, "Zendesk does not serve this file.")
        if source.status == 416 or (wanted and size is not None and part is None):
            return empty(status=416, headers={"Content-Range": f"bytes */{size}"})
        headers = {
            **download_headers(name, source.content_type),
            "Cache-Control": "private, max-age=3600",
            "ETag": tag,
        }
        if size is not None:
            headers["Accept-Ranges"] = "bytes"
            headers["Content-Length"] = str(part.length if part else size)
        if part is not None:
            headers["Content-Range"] = part.header
        stream = await request.respond(
            status=206 if part else 200,
            content_type=download_type(source.content_type),
            headers=headers,
        )
        if request.method != "HEAD":
            length = part.length if part else size
            async for chunk in _read(source, skipped, length, max_bytes):
                await asyncio.wait_for(stream.send(chunk), stall_timeout)
        await stream.eof()
        return None


def _wanted(request: Request, tag: str) -> ByteRange | None:
    """Return the range that the request asks for; a file that has changed is sent whole."""
    condition = request.headers.get("if-range")
    if request.method != "GET" or condition not in {None, tag}:
        return None
    return read_range(request.headers.get("range"))


def _plan(source: ClientResponse, wanted: ByteRange | None) -> tuple[int | None, Part | None, int]:
    """Decide what to send.

    Returns:
        The size of the whole file, if it is known; the part to send, ``None`` for the whole file or
        nothing of it; how many bytes of the source come before it.

    Raises:
        ApiError: The source sends another part than was asked for.
    """
    if source.status == 200:
        is_plain = source.headers.get("Content-Encoding", "identity") == "identity"
        size = source.content_length if is_plain else None
        part = wanted.within(size) if wanted is not None and size is not None else None
        return size, part, part.first if part else 0
    sent = read_content_range(source.headers.get("Content-Range"))
    part = wanted.within(sent.size) if wanted is not None and sent is not None else None
    expected = part or (sent and Part(0, -1, sent.size))
    if sent is None or sent != expected or (source.status == 206) is not (part is not None):
        raise ApiError("GET media", 502, title="the host has sent another part of the file")
    return sent.size, part, 0


async def _read(
    source: ClientResponse, skipped: int, length: int | None, max_bytes: int
) -> AsyncIterator[bytes]:
    """Read the bytes of a part.

    Raises:
        ApiError: There are fewer or more of them than were announced, or too many.
    """
    left = max_bytes if length is None else length
    async for chunk in source.content.iter_chunked(_CHUNK_BYTES):
        passed = min(skipped, len(chunk))
        skipped -= passed
        data = chunk[passed:]
        if length is None and len(data) > left:
            raise ApiError("GET media", 413, title="the file is larger than Zendesk takes")
        data = data[:left]
        left -= len(data)
        if data:
            yield data
        if length is not None and left == 0:
            return
    if length is not None and left:
        raise ApiError("GET media", 502, title="the file ended before its announced length")
