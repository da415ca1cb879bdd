"""The Conversations API clients of a Rasa server, two for each connector."""

from __future__ import annotations

from zendesk_handoff.api import ConversationsClient, RetryPolicy, open_http
from zendesk_handoff.settings import Connector, Settings

#: Seconds a question to Zendesk may take that a user waits for.
_QUESTION = 3.0


class Clients:
    """Every connector's clients, on one HTTP session.

    Args:
        settings: With the connectors.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare; must be called inside the server's event loop."""
        self._settings = settings
        self._http = open_http()
        connectors = settings.connectors.values()
        self._patient = {each.id: self._client(each, float("inf")) for each in connectors}
        self._brief = {each.id: self._client(each, _QUESTION) for each in connectors}

    def patient(self, connector_id: str) -> ConversationsClient | None:
        """Give the client that outlasts an outage; ``None`` for a connector that is gone."""
        return self._patient.get(connector_id)

    def brief(self, connector_id: str) -> ConversationsClient | None:
        """Give the client that answers soon or not at all; ``None`` likewise."""
        return self._brief.get(connector_id)

    async def close(self) -> None:
        """Close the HTTP session."""
        await self._http.close()

    def _client(self, connector: Connector, patience: float) -> ConversationsClient:
        return ConversationsClient(
            connector,
            session=self._http,
            timeout=min(self._settings.request_timeout, patience),
            retry=RetryPolicy(patience=patience),
        )
