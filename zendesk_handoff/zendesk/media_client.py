"""Downloads of the files that agents send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urljoin, urlsplit

import aiohttp

from zendesk_handoff.errors import ApiError, ConnectionFailed
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.auth import Authorization

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3


class MediaClient:
    """A download client for one connector.

    Args:
        connector: The account and its key.
        session: The HTTP session; the caller closes it.
        connect_timeout: Seconds until the connection is established, or a connection slot is free;
            short, because a user waits for the response, even for an error.
        read_timeout: Seconds until the next bytes arrive.
    """

    def __init__(
        self,
        connector: Connector,
        session: aiohttp.ClientSession,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
    ) -> None:
        """Prepare the client; no connection is opened before the first download."""
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self._base_url = connector.base_url
        self._session = session
        self._authorization = Authorization(connector)

    @asynccontextmanager
    async def open(
        self, url: str, *, may_follow: Callable[[str], bool]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a file for reading.

        Newer accounts keep attachments private. The file is requested without credentials; they
        are sent only after a 401 or 403 from the connector's own host.

        The whole download has no time-out here: its length depends on how fast the caller reads.

        Args:
            url: The message's ``mediaUrl``.
            may_follow: Checks the target of each redirect, since a message must not direct this
                server to arbitrary addresses.

        Raises:
            ApiError: A redirect leads to an address that may not be followed.
            ConnectionFailed: The host did not answer.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._request(url) as response:
                if response.status not in _REDIRECTS:
                    yield response
                    return
                target = urljoin(url, response.headers.get("Location", ""))
            if not may_follow(target):
                break
            url = target
        raise ApiError("GET media", 502, title="the file's address redirects elsewhere")

    @asynccontextmanager
    async def _request(self, url: str) -> AsyncIterator[aiohttp.ClientResponse]:
        # Scheme and host: credentials never travel over plain HTTP to a host known by HTTPS.
        is_own_host = urlsplit(url)[:2] == urlsplit(self._base_url)[:2]
        get = partial(
            self._session.get,
            url,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=self.connect_timeout, sock_read=self.read_timeout
            ),
            allow_redirects=False,
        )
        try:
            async with get() as response:
                if response.status not in {401, 403} or not is_own_host:
                    yield response
                    return
            async with get(headers={"Authorization": self._authorization.header()}) as response:
                yield response
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise ConnectionFailed("GET media", type(error).__name__) from None
