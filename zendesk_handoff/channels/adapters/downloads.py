"""Reading of files that only a platform's token opens: the token goes to its own origin alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from email.message import Message
from urllib.parse import urljoin, urlsplit

import aiohttp

from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import FetchedFile

#: Zendesk takes no larger file (page "Conversations API": `UploadAttachment`).
MAX_BYTES = 50 * 1024 * 1024
_TIMEOUT = 120.0
_CONNECT_TIMEOUT = 10.0
_CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
#: Webex answers so while it scans a file (page "Get Attachment Details").
_SCANNING = 423
_ELSEWHERE = "the file is not at the channel's address"

Origin = tuple[str, str, int | None]


def origin(url: str) -> Origin | None:
    """Return scheme, host and port of an address; ``None`` if it has none.

    Args:
        url: Any text.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return None
    return parts.scheme, host, port


async def download(
    url: str,
    headers: Mapping[str, str],
    *,
    is_own: Callable[[Origin], bool],
    may_follow: Callable[[Origin], bool] = lambda _origin: False,
    proxy: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> FetchedFile:
    """Read a file.

    Args:
        url: Its address, as a platform has given it.
        headers: With the token.
        is_own: Tells whether an origin is the platform's own.
        may_follow: Tells whether the platform may keep its files at another origin, to which it
            redirects. The headers do not go there.
        proxy: The address of a proxy.
        max_bytes: The size of the largest file.

    Raises:
        NotDelivered: The address is not the platform's, leads elsewhere, or does not answer.
    """
    has_left = False
    try:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT, sock_connect=_CONNECT_TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session:
            for _ in range(_MAX_REDIRECTS + 1):
                found = origin(url)
                if found is None or not (may_follow if has_left else is_own)(found):
                    raise NotDelivered(_ELSEWHERE, may_repeat=False)
                async with session.get(
                    url, headers=headers, proxy=proxy, allow_redirects=False
                ) as response:
                    if response.status not in _REDIRECTS:
                        return await _read(response, max_bytes)
                    target = urljoin(url, response.headers.get("Location", ""))
                reached = origin(target)
                if reached != found:
                    if reached is None or not may_follow(reached):
                        raise NotDelivered(_ELSEWHERE, may_repeat=False)
                    headers, has_left = {}, True  # for the rest of the way, too
                url = target
        raise NotDelivered("the file's address leads nowhere", may_repeat=False)
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
        raise no_connection() from None  # their texts hold the address


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> FetchedFile:
    if response.status != 200:
        after = response.headers.get("Retry-After")
        raise http_refusal(
            response.status, retry_after=after, may_repeat=response.status == _SCANNING or None
        )
    data = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > max_bytes:
            raise NotDelivered("the file is too large", may_repeat=False)
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return FetchedFile(bytes(data), kind, _file_name(response))


def _file_name(response: aiohttp.ClientResponse) -> str:
    """Read a file's name from the header ``Content-Disposition``, else from its address."""
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    at_address = response.url.name
    name = header.get_filename() or (at_address if "." in at_address else "")  # not a mere id
    return name.replace("\\", "/").rpartition("/")[2]
