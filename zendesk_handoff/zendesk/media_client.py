"""Downloads of the files that agents send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from zendesk_handoff.errors import ApiError, ConnectionFailed
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.auth import Authorization
from zendesk_handoff.zendesk.media import MediaAddress, media_address

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
        self._connector = connector
        self._session = session
        self._authorization = Authorization(connector)

    @asynccontextmanager
    async def open(
        self, url: str, *, byte_range: str | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a file for reading.

        Newer accounts keep attachments private. The file is requested without credentials; they
        are sent only after a 401 or 403, and only to the path of an attachment. Every redirect is
        checked like the first address, since a message must not direct this server elsewhere.

        The whole download has no time-out here: its length depends on how fast the caller reads.

        Args:
            url: The message's ``mediaUrl``.
            byte_range: The header ``Range`` to send, if a part is enough; hosts may ignore it.

        Raises:
            ApiError: The address, or that of a redirect, is not one of a file of Zendesk's.
            ConnectionFailed: The host did not answer.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            address = media_address(url, self._connector)
            if address is None:
                break
            async with self._request(address, byte_range) as response:
                if response.status not in _REDIRECTS:
                    yield response
                    return
                url = urljoin(address.url, response.headers.get("Location", ""))
        raise ApiError("GET media", 502, title="the file's address leads elsewhere")

    @asynccontextmanager
    async def _request(
        self, address: MediaAddress, byte_range: str | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        # A compressed answer has neither the file's length nor its ranges.
        headers = {"Accept-Encoding": "identity"}
        if byte_range is not None:
            headers["Range"] = byte_range
        try:
            async with self._get(address.url, headers) as response:
                if response.status not in {401, 403} or not address.takes_key:
                    yield response
                    return
            headers["Authorization"] = self._authorization.header()
            async with self._get(address.url, headers) as response:
                yield response
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise ConnectionFailed("GET media", type(error).__name__) from None

    def _get(self, url: str, headers: Mapping[str, str]) -> Any:
        return self._session.get(
            URL(url, encoded=True),  # requested as it was checked
            headers=headers,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=self.connect_timeout, sock_read=self.read_timeout
            ),
            allow_redirects=False,
        )
