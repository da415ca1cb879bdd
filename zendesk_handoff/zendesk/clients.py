"""The Conversations API clients of a Rasa server: opening, background, interactive, media."""

from __future__ import annotations

from math import inf, isinf

from zendesk_handoff.settings import Connector, Settings
from zendesk_handoff.zendesk.avatars import AvatarClient
from zendesk_handoff.zendesk.client import ConversationsClient
from zendesk_handoff.zendesk.media_client import MediaClient
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.support_client import SupportClient
from zendesk_handoff.zendesk.transport import open_http

#: Seconds that a call may take while a user waits for it.
_INTERACTIVE_TIMEOUT = 3.0
#: Concurrent downloads of agents' files; each takes two sockets and about 300 KB. There are as
#: many readers as users, and any of them may be slow.
MEDIA_CONNECTIONS = 100


class Clients:
    """The clients of every connector.

    API calls and media downloads have separate HTTP sessions: a download keeps its connection for
    as long as its reader takes, and no API call may wait for that.

    Args:
        settings: The settings, with the connectors.
        media_connections: How many downloads may run at once.

    Attributes:
        http: The HTTP session of API calls.
        media_http: The HTTP session of downloads.
        avatars: Downloads agents' own pictures.
    """

    def __init__(self, settings: Settings, *, media_connections: int = MEDIA_CONNECTIONS) -> None:
        """Create the clients; must be called inside the server's event loop."""
        self._request_timeout = settings.request_timeout
        self.http = open_http()
        self.media_http = open_http(limit=media_connections)
        connectors = settings.connectors.values()
        self._background = {each.id: self._client(each, inf) for each in connectors}
        self._interactive = {
            each.id: self._client(each, _INTERACTIVE_TIMEOUT) for each in connectors
        }
        self._opening = {each.id: self._client(each, settings.open_timeout) for each in connectors}
        self._support = {
            each.id: SupportClient(each, session=self.http, timeout=self._request_timeout)
            for each in connectors
            if each.support_token is not None
        }
        self.avatars = AvatarClient(own=self.media_http)
        self._media = {each.id: MediaClient(each, self.media_http) for each in connectors}

    def opening(self, connector_id: str) -> ConversationsClient | None:
        """Return the client that retries while a user waits to be connected."""
        return self._opening.get(connector_id)

    def background(self, connector_id: str) -> ConversationsClient | None:
        """Return the client that retries through an outage; ``None`` for an unknown connector."""
        return self._background.get(connector_id)

    def interactive(self, connector_id: str) -> ConversationsClient | None:
        """Return the client that fails within seconds; ``None`` for an unknown connector."""
        return self._interactive.get(connector_id)

    def support(self, connector_id: str) -> SupportClient | None:
        """Return the Support API client; ``None`` for a connector without a token."""
        return self._support.get(connector_id)

    def media(self, connector_id: str) -> MediaClient | None:
        """Return the client for agents' files; ``None`` for an unknown connector."""
        return self._media.get(connector_id)

    async def close(self) -> None:
        """Close the HTTP sessions."""
        await self.http.close()
        await self.media_http.close()
        await self.avatars.close()

    def _client(self, connector: Connector, max_elapsed: float) -> ConversationsClient:
        timeout = self._request_timeout
        # A background client can afford to wait until a call that timed out has taken effect.
        confirm_after = timeout if isinf(max_elapsed) else 0.0
        return ConversationsClient(
            connector,
            session=self.http,
            timeout=min(timeout, max_elapsed),
            retry=RetryPolicy(max_elapsed=max_elapsed, confirm_after=confirm_after),
        )
