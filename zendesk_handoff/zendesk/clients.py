"""The Conversations API clients of a Rasa server, three for each connector."""

from __future__ import annotations

from math import isinf

import aiohttp

from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.zendesk import ConversationsClient, RetryPolicy, open_http

#: Seconds a question to Zendesk may take that a user waits for.
_QUESTION = 3.0
#: How many agents' files are read at once; each takes two sockets and some 300 KB. There are as
#: many readers as users, and any of them may be slow.
_FILES_AT_ONCE = 100


class Clients:
    """Every connector's clients, on one HTTP session for calls and another one for files.

    A file holds its connection for as long as its reader takes, which no call may wait for.

    Args:
        settings: With the connectors.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare; must be called inside the server's event loop."""
        self._settings = settings
        self._http = open_http()
        self._file_http = open_http(limit=_FILES_AT_ONCE)
        connectors = settings.connectors.values()
        self._patient = {
            each.id: self._client(each, self._http, float("inf")) for each in connectors
        }
        self._brief = {each.id: self._client(each, self._http, _QUESTION) for each in connectors}
        self._files = {
            each.id: self._client(each, self._file_http, _QUESTION) for each in connectors
        }

    def background(self, connector_id: str) -> ConversationsClient | None:
        """Give the client that outlasts an outage; ``None`` for a connector that is gone."""
        return self._patient.get(connector_id)

    def interactive(self, connector_id: str) -> ConversationsClient | None:
        """Give the client that answers soon or not at all; ``None`` likewise."""
        return self._brief.get(connector_id)

    def files(self, connector_id: str) -> ConversationsClient | None:
        """Give the client that agents' files are read with; ``None`` likewise."""
        return self._files.get(connector_id)

    async def close(self) -> None:
        """Close the HTTP sessions."""
        await self._http.close()
        await self._file_http.close()

    def _client(
        self, connector: Connector, http: aiohttp.ClientSession, patience: float
    ) -> ConversationsClient:
        timeout = self._settings.request_timeout
        # Whoever has all the time there is leaves as much again to a call that is late.
        settling = timeout if isinf(patience) else 0.0
        return ConversationsClient(
            connector,
            session=http,
            timeout=min(timeout, patience),
            retry=RetryPolicy(max_elapsed=patience, confirm_after=settling),
        )
