"""What the settings are once they have been checked: frozen objects, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from zendesk_handoff.domain.redaction import PAYMENT
from zendesk_handoff.errors import UnknownWorkspace

DEFAULT_STORE_URL = "sqlite:///handoff.db"
DEFAULT_WORKSPACE = "default"
#: Zendesk's own name for the agents in an account's switchboard.
AGENT_WORKSPACE = "zd-agentWorkspace"
#: Words with which a user leaves the agent without the bot's language model being asked.
DEFAULT_END_PHRASES = (
    "/end_handoff",
    "/stop",
    "end chat",
    "back to the bot",
    "talk to the bot",
    "chat beenden",
    "zurück zum bot",
    "terminar chat",
    "volver al bot",
)
SCOPES = {"app_": "app", "int_": "integration", "act_": "account", "svc_": "account"}

Engine = Literal["extractive", "llm"]


@dataclass(frozen=True)
class Connector:
    """How one workspace, or several, reach their Zendesk account.

    Args:
        id: The connector's id, part of its webhook URL.
        subdomain: ``your-company`` of ``your-company.zendesk.com``.
        app_id: The account's app id in the Conversations API.
        key_id: The API key's id; ``app_…``, ``int_…`` (SPEC, Authentication).
        key_secret: The API key's secret.
        webhook_secrets: What Zendesk may send as ``X-API-Key``; several while rotating.
        name: What people call this connector.
        workspaces: The tenants that escalate through it.
        base_url: The API's root, without a slash at the end.
        agent_workspace: The switchboard integration that is the agents.
        switchboard_integration: Our own name in the account's switchboard, or ``None`` when
            this integration stands outside of it.
        authentication: ``jwt`` or ``basic``.
    """

    id: str
    subdomain: str
    app_id: str
    key_id: str
    key_secret: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    name: str
    workspaces: tuple[str, ...]
    base_url: str
    agent_workspace: str = AGENT_WORKSPACE
    switchboard_integration: str | None = None
    authentication: str = "jwt"

    @property
    def scope(self) -> str:
        """The JWT's ``scope``, which must equal the key's own (SPEC, Authentication)."""
        return SCOPES[self.key_id[:4]]

    def webhook_url(self, public_url: str) -> str:
        """Give the address to paste into Zendesk."""
        return f"{public_url}/api/v1/connectors/{self.id}/webhook"


@dataclass(frozen=True)
class SummarySettings:
    """How the summary for the agent is written.

    Args:
        engine: ``extractive``, offline and the default, or ``llm``.
        max_words: Words that the summary may have.
        model: Of the language model, as its endpoint calls it.
        base_url: An OpenAI-compatible endpoint; the SDK's own default where it is ``None``.
        api_key: Its key.
        timeout: Seconds the model may take before the extractive summary is used instead.
    """

    engine: Engine = "extractive"
    max_words: int = 220
    model: str = ""
    base_url: str | None = None
    api_key: str = field(default="", repr=False)
    timeout: float = 4.0


@dataclass(frozen=True)
class Timeouts:
    """What happens when nobody says anything, in seconds; ``None`` turns a step off.

    Args:
        waiting_reminder: Without an agent: the user is told that the wait goes on, each time.
        waiting_offer: Without an agent: the user is offered the way back to the bot, once.
        waiting_end: Without an agent: the session ends with the reason ``no_agent``.
        agent_silence_offer: After a message of the user's that no agent has answered: likewise an
            offer, once.
        agent_silence_end: Likewise the end, with the reason ``agent_silent``.
        user_silence_end: After an agent's message that the user has not answered: the end, with
            the reason ``user_silent``.
        undelivered: After a message of the user's that has not reached Zendesk, because it is away
            or refuses our key: the user is told that it is kept, once each time this happens.
    """

    waiting_reminder: float | None = 120.0
    waiting_offer: float | None = 600.0
    waiting_end: float | None = None
    agent_silence_offer: float | None = None
    agent_silence_end: float | None = None
    user_silence_end: float | None = None
    undelivered: float | None = 60.0


@dataclass(frozen=True)
class Settings:
    """All settings of the plugin.

    Args:
        public_url: Where Zendesk, and the user's channel, reach the Rasa server.
        connectors: By id.
        store_url: The database, as SQLAlchemy writes it.
        end_phrases: What a user types to leave the agent, compared without case.
        open_timeout: Seconds a handover may take before the user is told that it failed.
        request_timeout: Seconds one call to Zendesk may take.
        takeover_after: Seconds after which a server that has died is replaced by another one.
        reconcile_every: Seconds between two questions to Zendesk about an open session: what its
            events have not told.
        redact: Kinds of personal data that are masked before the summary leaves the bot.
        summary: How the summary is written.
        timeouts: What happens when nobody says anything.
    """

    public_url: str
    connectors: Mapping[str, Connector]
    store_url: str = field(default=DEFAULT_STORE_URL, repr=False)
    end_phrases: tuple[str, ...] = DEFAULT_END_PHRASES
    open_timeout: float = 15.0
    request_timeout: float = 10.0
    takeover_after: float = 10.0
    reconcile_every: float = 300.0
    redact: frozenset[str] = PAYMENT
    summary: SummarySettings = field(default_factory=SummarySettings)
    timeouts: Timeouts = field(default_factory=Timeouts)

    def connector_for(self, workspace: str) -> Connector:
        """Find the connector of a workspace.

        Args:
            workspace: The tenant.

        Raises:
            UnknownWorkspace: No connector names it; nobody else's is used instead.
        """
        for connector in self.connectors.values():
            if workspace in connector.workspaces:
                return connector
        raise UnknownWorkspace(workspace)
