"""Records of the simulator: data and look-ups, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .switches import Switches

Json = dict[str, Any]

AGENT_WORKSPACE = "zd:agentWorkspace"
ANSWER_BOT = "zd:answerBot"


@dataclass
class Key:
    """An API key; the prefix of its id decides what it may do."""

    id: str
    secret: str
    display_name: str = ""
    integration_id: str | None = None

    @property
    def scope(self) -> str:
        """Return `integration` or `app` (Conversations API: `Authentication`)."""
        return "integration" if self.id.startswith("int_") else "app"


@dataclass
class Webhook:
    """A webhook of an integration."""

    id: str
    target: str
    triggers: list[str]
    secret: str
    include_full_user: bool = False
    include_full_source: bool = False


@dataclass
class Integration:
    """A custom integration, or one of Zendesk's own."""

    id: str
    type: str
    display_name: str | None
    webhooks: dict[str, Webhook] = field(default_factory=dict)


@dataclass
class SwitchboardIntegration:
    """An integration's entry in the switchboard."""

    id: str
    name: str
    integration_id: str
    integration_type: str
    deliver_standby_events: bool = True
    next_id: str | None = None
    message_history_count: int | None = None


@dataclass
class Switchboard:
    """The integrations that can be in control of conversations."""

    id: str
    enabled: bool = False
    default_id: str | None = None
    integrations: dict[str, SwitchboardIntegration] = field(default_factory=dict)

    def of_integration(self, integration_id: str | None) -> SwitchboardIntegration | None:
        """Return the switchboard integration of an integration, if it is linked."""
        for switchboard_integration in self.integrations.values():
            if switchboard_integration.integration_id == integration_id:
                return switchboard_integration
        return None


@dataclass
class User:
    """An end user."""

    id: str
    external_id: str | None
    signed_up_at: str
    profile: Json = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)
    identities: list[Json] = field(default_factory=list)
    zendesk_id: str | None = None
    brand_id: str | None = None
    to_be_retained: bool = False
    authenticated: bool = False


@dataclass
class Participant:
    """A user's participation in a conversation."""

    id: str
    user_id: str
    unread: int = 0
    last_read: str | None = None


@dataclass
class Message:
    """One message; the switches decide which parts the API shows."""

    id: str
    received: str
    author: Json
    content: Json
    source: Json
    metadata: Json | None = None
    subtypes: list[str] | None = None
    activity: Json | None = None
    deleted: bool = False


@dataclass
class Ticket:
    """A ticket of the Agent Workspace."""

    id: int
    created_at: str
    subject: str
    fields: Json = field(default_factory=dict)
    first_message_id: str | None = None
    status: str = "open"
    """open, solved or closed."""
    channel: str = "messaging"
    """messaging or email."""
    session: str = "active"
    """active or ended (an agent ended it)."""
    notes: list[str] = field(default_factory=list)
    """Internal notes, which no user sees; the oldest first."""


@dataclass
class TicketWebhook:
    """A webhook of the Support API, which triggers notify."""

    id: str
    name: str
    endpoint: str
    secret: str
    http_method: str = "POST"
    request_format: str = "json"
    status: str = "active"
    """active or inactive."""
    subscriptions: list[str] = field(default_factory=lambda: ["conditional_ticket_events"])


@dataclass
class Trigger:
    """A ticket trigger: conditions, all of which must hold, and webhooks that it notifies."""

    id: int
    title: str
    conditions: list[Json]
    """Each `{"field", "operator", "value"}`."""
    actions: list[Json]
    """Each `{"field": "notification_webhook", "value": [webhook id, body]}`."""
    active: bool = True
    description: str | None = None


@dataclass
class Conversation:
    """A conversation, its messages, its tickets and its switchboard state."""

    id: str
    type: str
    created_at: str
    participants: list[Participant] = field(default_factory=list)
    display_name: str | None = None
    description: str | None = None
    icon_url: str | None = None
    metadata: Json | None = None
    is_default: bool = False
    last_updated_at: str | None = None
    business_last_read: str | None = None
    messages: list[Message] = field(default_factory=list)
    active_id: str | None = None
    pending_id: str | None = None
    formerly_active_id: str | None = None
    source_type: str = "api:conversations"
    """The channel on which its user is."""
    capture: Json = field(default_factory=dict)
    """Metadata of the passControl that gave the agents control: read when the ticket opens."""
    tickets: list[Ticket] = field(default_factory=list)

    @property
    def ticket(self) -> Ticket | None:
        """Return the newest ticket."""
        return self.tickets[-1] if self.tickets else None


@dataclass
class Attachment:
    """An uploaded file."""

    id: str
    app_id: str
    filename: str
    media_type: str
    data: bytes
    conversation_id: str | None = None


@dataclass
class Agent:
    """An agent of the Agent Workspace."""

    id: str
    name: str
    avatar_url: str | None = None


@dataclass
class App:
    """The app of one Zendesk account."""

    id: str
    label: str
    display_name: str
    settings: Json
    metadata: Json = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)
    keys: dict[str, Key] = field(default_factory=dict)
    integrations: dict[str, Integration] = field(default_factory=dict)
    switchboard: Switchboard | None = None
    users: dict[str, User] = field(default_factory=dict)
    user_by_external_id: dict[str, str] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    agents: list[Agent] = field(default_factory=list)
    support_email: str | None = None
    support_token: str | None = None
    """An API token of the Support API, and the agent whom it belongs to."""
    support_role: str = "agent"
    """agent or admin: only an admin may make webhooks and triggers."""
    support_records: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Groups, brands and the like of the Support API, by kind and id."""
    ticket_webhooks: dict[str, TicketWebhook] = field(default_factory=dict)
    triggers: dict[int, Trigger] = field(default_factory=dict)

    @property
    def multi_conversations(self) -> bool:
        """Return whether a user may have several conversations."""
        return bool(self.settings.get("multiConvoEnabled"))

    def find_user(self, id_or_external_id: str) -> User | None:
        """Return the user by either kind of id."""
        user_id = self.user_by_external_id.get(id_or_external_id, id_or_external_id)
        return self.users.get(user_id)

    def switchboard_integration(
        self, switchboard_integration_id: str | None
    ) -> SwitchboardIntegration | None:
        """Return a switchboard integration by its id."""
        if self.switchboard is None or switchboard_integration_id is None:
            return None
        return self.switchboard.integrations.get(switchboard_integration_id)

    def user_by(self, *, user_id: object, external_id: object) -> User | None:
        """Return the user by one of the two ids; the other id is None."""
        if external_id is not None:
            user_id = self.user_by_external_id.get(str(external_id))
        return self.users.get(user_id) if isinstance(user_id, str) else None

    def webhook_count(self) -> int:
        """Return how many webhooks the whole app has."""
        return sum(len(one.webhooks) for one in self.integrations.values())

    def conversations_of(self, user_id: str) -> list[Conversation]:
        """Return the conversations that a user takes part in, oldest first."""
        return [
            conversation
            for conversation in self.conversations.values()
            if any(one.user_id == user_id for one in conversation.participants)
        ]
