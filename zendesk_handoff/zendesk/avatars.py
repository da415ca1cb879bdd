"""Agents' own pictures: addresses of this server for them, and their download.

Zendesk names a picture by an address of any host: its own, or that of a service such as Gravatar.
The chat page shows pictures of its own host alone, so this server reads them. It reads only what
Zendesk has named: the path has the picture's address, and a signature that users cannot make.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import socket
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from zendesk_handoff.domain.links import is_global, is_loopback, is_public, web_address
from zendesk_handoff.domain.media import AVATAR_PATH
from zendesk_handoff.settings import Connector

#: Zendesk's own limit of the address (Conversations API: schema `authorBusiness`).
_MAX_ADDRESS = 2048
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
#: Bytes of a picture that is shown 20 pixels wide.
MAX_BYTES = 512 * 1024
#: Seconds for one picture, redirects and waiting for a connection included.
_TIMEOUT = 10.0
_CONNECTIONS = 8


def avatar_path(address: str | None, connector: Connector) -> str | None:
    """Return the path of this server under which the chat page shows a picture.

    Args:
        address: The picture's, from Zendesk.
        connector: The session's.

    Returns:
        The path; ``None`` for a picture that this server does not read.
    """
    found = web_address(address)
    if found is None or len(found) > _MAX_ADDRESS or not connector.webhook_secrets:
        return None
    if not _may_read(found, connector):
        return None
    signature = _sign(connector.webhook_secrets[0], found)
    encoded = base64.urlsafe_b64encode(found.encode()).rstrip(b"=").decode()
    return f"{AVATAR_PATH}/{quote(connector.id, safe='')}/{signature}/{encoded}"


def signed_address(connector: Connector, signature: str, encoded: str) -> str | None:
    """Return the address in a path of ``avatar_path``.

    Args:
        connector: The one that the path names.
        signature: The path's.
        encoded: The last part of the path.

    Returns:
        The address; ``None`` if this server has not made the path.
    """
    try:
        padded = encoded + "=" * (-len(encoded) % 4)
        address = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    given = signature.encode("utf-8", "replace")
    wanted = [_sign(secret, address).encode() for secret in connector.webhook_secrets]
    return address if any([hmac.compare_digest(each, given) for each in wanted]) else None


def _sign(secret: str, address: str) -> str:
    # The prefix keeps the secret's other uses apart.
    digest = hmac.digest(secret.encode(), b"avatar:" + address.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest[:18]).decode()


def _may_read(url: str, connector: Connector) -> bool:
    """Tell whether this server may request an address, as far as the address itself tells."""
    return _is_own(url, connector) or (
        is_public(url) and url.startswith("https://") and "@" not in urlsplit(url).netloc
    )


def _is_own(url: str, connector: Connector) -> bool:
    """Tell whether an address is of a local Zendesk, as that of the demo is."""
    root, parts = urlsplit(connector.base_url), urlsplit(url)
    return is_loopback(connector.base_url) and parts[:2] == root[:2]


class AvatarClient:
    """A download client for pictures, which shows no host any key.

    Args:
        own: The HTTP session for pictures of a local Zendesk; the caller closes it.
        resolver: Looks up the names of other hosts; the system's by default.
    """

    def __init__(
        self, *, own: aiohttp.ClientSession, resolver: AbstractResolver | None = None
    ) -> None:
        """Prepare the client; must be called inside the server's event loop."""
        self._own = own
        # A name may mean an address of this network, at the second look-up, too.
        self._foreign = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS,
                resolver=PublicResolver(resolver or aiohttp.DefaultResolver()),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Close the HTTP session for other hosts."""
        await self._foreign.close()

    async def read(self, url: str, connector: Connector) -> bytes | None:
        """Read a picture.

        Args:
            url: An address of ``signed_address``.
            connector: The one that it was signed for.

        Returns:
            The file, whatever its type is; ``None`` where it is too large or cannot be read.
        """
        try:
            return await asyncio.wait_for(self._read(url, connector), _TIMEOUT)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
            return None

    async def _read(self, url: str, connector: Connector) -> bytes | None:
        for _ in range(_MAX_REDIRECTS + 1):
            if not _may_read(url, connector):
                return None
            session = self._own if _is_own(url, connector) else self._foreign
            async with session.get(URL(url, encoded=True), allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await _content(response) if response.status == 200 else None
                target = urljoin(url, response.headers.get("Location", ""))
            found = web_address(target)
            if found is None:
                return None
            url = found
        return None


class PublicResolver(AbstractResolver):
    """A resolver that knows no address of this machine or its network.

    Args:
        inner: Looks up the names.
    """

    def __init__(self, inner: AbstractResolver) -> None:
        """Keep the resolver."""
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily | int = socket.AF_INET
    ) -> list[Any]:
        """Look up a host; its addresses that are not public are left out."""
        found = await self._inner.resolve(host, port, family)  # type: ignore[arg-type,unused-ignore]
        public = [each for each in found if is_global(each["host"])]
        if not public:
            raise OSError("The host has no public address.")
        return public

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


async def _content(response: aiohttp.ClientResponse) -> bytes | None:
    data = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > MAX_BYTES:
            return None
    return bytes(data)
