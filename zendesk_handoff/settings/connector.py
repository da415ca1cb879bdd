"""The settings of a connector: the Zendesk account of one workspace, or of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from zendesk_handoff.domain.hours import Closing
from zendesk_handoff.domain.language import ENGLISH
from zendesk_handoff.domain.templates import Template
from zendesk_handoff.settings.hours import HoursSettings
from zendesk_handoff.settings.native import (
    NOTE,
    OFF,
    BotSettings,
    OnlySettings,
    history,
    summary_to,
)
from zendesk_handoff.settings.schema import block, block_list, setting
from zendesk_handoff.settings.ticket import RouteSettings, TicketSettings, address_template
from zendesk_handoff.settings.values import (
    ends,
    matching,
    one_of,
    one_of_or_off,
    root_url,
    text,
    texts,
    yes_or_no,
)

DEFAULT_WORKSPACE = "default"
#: The scope of an API key's JWT, by the beginning of the key's id.
SCOPES = {"app_": "app", "int_": "integration", "act_": "account", "svc_": "account"}


def workspace_of(metadata: object, slot: object) -> str:
    """Find a user's workspace: the message's metadata, else the slot, else ``default``.

    Args:
        metadata: Of the user's last message.
        slot: The value of the slot `workspace`.
    """
    told = metadata.get("workspace") if isinstance(metadata, Mapping) else None
    return str(told or slot or DEFAULT_WORKSPACE)


@dataclass(frozen=True)
class Connector:
    """The Zendesk account of one workspace, or of several.

    The ``id`` is the key of the connector's block, and part of its webhook URL.
    """

    id: str
    name: str = setting(
        text,
        "The connector's name for people.",
        computed=lambda read: read["id"],
        example="a name for people",
        shown="the id",
    )
    subdomain: str = setting(
        matching(
            r"(?i:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)",
            "is the part before .zendesk.com alone: `your-company`.",
        ),
        "`your-company` of your-company.zendesk.com.",
        example="`your-company` of your-company.zendesk.com",
    )
    app_id: str = setting(
        text,
        "The account's app id in the Conversations API.",
        example="the app id shown in Zendesk's Admin Center",
    )
    key_id: str = setting(
        matching(
            rf"(?:{'|'.join(SCOPES)}).*",
            "must begin with `app_`, `int_`, `act_` or `svc_`; the secret goes into `key_secret`.",
        ),
        "The API key's id: `app_…`, `int_…`, `act_…` or `svc_…`.",
        example="the key's id, which begins with `app_` or `int_`",
        for_server=True,
    )
    key_secret: str = setting(
        text,
        "The API key's secret, for the Rasa server alone.",
        example="${ZENDESK_KEY_SECRET}",
        secret=True,
        for_server=True,
    )
    webhook_secrets: tuple[str, ...] = setting(
        texts,
        "The value of Zendesk's header `X-API-Key`, for the Rasa server alone; a list while it is "
        "rotated. At least 16 characters, unless `base_url` is this machine.",
        key="webhook_secret",
        example="${ZENDESK_WEBHOOK_SECRET}",
        secret=True,
        for_server=True,
    )
    base_url: str = setting(
        root_url,
        "The root of the Conversations API; another one for legacy accounts, or the simulator.",
        computed=lambda read: f"https://{read['subdomain']}.zendesk.com/sc",
        example="https://your-company.zendesk.com/sc",
        shown="`https://{subdomain}.zendesk.com/sc`",
    )
    workspaces: tuple[str, ...] = setting(
        texts,
        "The tenants whose users are handed over through this connector.",
        default=(DEFAULT_WORKSPACE,),
    )
    integration_type: str = setting(
        one_of("zendesk"), "The Conversations API; there is no other.", default="zendesk"
    )
    agent_workspace: str = setting(
        text,
        "The switchboard integration of the agents, which is given control.",
        default="zd-agentWorkspace",
    )
    switchboard_integration: str | None = setting(
        text,
        "The integration's own name in the account's switchboard, if it is part of it.",
        default=None,
        example="the integration's name in the switchboard",
        shown="(none)",
    )
    authentication: str = setting(
        one_of("jwt", "basic"), "`jwt` or `basic`, for calls to the API.", default="jwt"
    )
    agent_language: str = setting(
        matching(
            r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*",
            "must be a language's tag, such as `de` or `pt-BR`.",
        ),
        "The language that the agents read: of the summary's labels and of the plugin's notices "
        "to them. There are `en`, `de`, `es` and `fr`; any other is shown in English.",
        default=ENGLISH,
    )
    conversation_link: Template | None = setting(
        address_template,
        "The address under which the agent finds the bot's conversation, if there is one: "
        "`https://bots.example.com/conversations/{sender_id}`. It stands below the summary "
        "([ticket.md](ticket.md#a-link-to-the-bots-conversation)).",
        default=None,
        example="https://bots.example.com/conversations/{sender_id}",
        shown="(none)",
    )
    support_token: str | None = setting(
        text,
        "A token of Zendesk's Support API, for the Rasa server alone: with it, fields are set that "
        "Zendesk has not taken from the conversation ([ticket.md](ticket.md#afterwards)).",
        default=None,
        example="${ZENDESK_SUPPORT_TOKEN}",
        shown="(none)",
        secret=True,
        for_server=True,
    )
    support_email: str | None = setting(
        matching(r"[^@\s:]+@[^@\s:]+", "must be the e-mail address of an agent or admin."),
        "The e-mail address of the agent to whom an API token belongs; without it the token is an "
        "OAuth access token.",
        default=None,
        example="the e-mail address of the agent who uses the API token",
        shown="(none)",
    )
    ticket: TicketSettings = field(default_factory=TicketSettings, metadata=block(TicketSettings))
    routes: tuple[RouteSettings, ...] = block_list(RouteSettings)

    def link_to_conversation(self, **values: str) -> str | None:
        """Write the address of the bot's conversation, if the settings have its form.

        Args:
            **values: ``sender_id``, ``workspace``, ``channel``.
        """
        form = self.conversation_link
        return None if form is None else form.fill(lambda name: quote(values[name], safe=""))

    @property
    def support_url(self) -> str:
        """The root of the Support API (developer.zendesk.com: Ticketing API introduction).

        It is beside that of the Conversations API; legacy accounts have them on different hosts.
        """
        root = self.base_url.removesuffix("/sc")
        is_beside = root != self.base_url
        return f"{root if is_beside else f'https://{self.subdomain}.zendesk.com'}/api/v2"

    signing_secrets: tuple[str, ...] = setting(
        texts,
        "The signing secret of the webhook that Zendesk's triggers notify, for the Rasa server "
        "alone; a list while it is rotated. With it a session ends when its ticket is solved; "
        "`zendesk-handoff setup CONNECTOR --ticket-events` stores it "
        "([ends.md](ends.md#a-solved-ticket)).",
        key="webhook_signing_secret",
        default=(),
        example="${ZENDESK_SIGNING_SECRET}",
        shown="(none)",
        secret=True,
        for_server=True,
    )
    session_field: str | None = setting(
        matching(
            r"[0-9]{1,20}",
            "must be the number of a ticket field, which Zendesk shows beside the field.",
        ),
        "The text field of a ticket that gets the reference by which a trigger names the session; "
        "without it the reference is a tag.",
        default=None,
        example="360001234567",
        shown="(a tag)",
    )
    end_on: frozenset[str] = setting(
        ends,
        "What ends a session: `released`, which is always one: the agents let go of the "
        "conversation; `solved` and `closed`, which triggers report of its ticket.",
        default=frozenset({"released", "solved", "closed"}),
        example="[released, solved, closed]",
    )

    transcript: bool = setting(
        yes_or_no,
        "Whether all that the user and the bot have said is posted before the summary, masked as "
        "the summary is ([summary.md](summary.md#the-whole-conversation)).",
        default=False,
    )
    csat: str | None = setting(
        one_of_or_off("ask"),
        "`ask`: after a session in which an agent has answered, the user is asked for a rating "
        "from 1 to 5 ([ends.md](ends.md#a-rating)); or `off`. After a release in a native "
        "conversation it comes with the bot's next answer.",
        default=None,
        example="ask",
    )
    hours: HoursSettings = field(default_factory=HoursSettings, metadata=block(HoursSettings))
    closed: Literal["bot", "message", "hand_over"] = setting(
        one_of("bot", "message", "hand_over"),
        "A request for a person outside of the hours: `bot` tells when somebody is back, and the "
        "bot goes on; `message` also takes a message, which is answered by e-mail; `hand_over` "
        "hands over as at any other time ([hours.md](hours.md)).",
        default="bot",
    )
    contact: Literal["never", "when_missing", "ask"] = setting(
        one_of("never", "when_missing", "ask"),
        "Whether users are asked for their name and e-mail address before a handover: `ask` at "
        "each one, `when_missing` for what is not known yet ([contact.md](contact.md)).",
        default="never",
    )
    tell_wait: bool = setting(
        yes_or_no,
        "Whether users hear how long it usually takes at this hour until an agent answers, once "
        "the store has enough handovers to tell ([contact.md](contact.md#how-long-it-takes)).",
        default=True,
    )
    ask_topic: bool = setting(
        yes_or_no,
        "Whether users are asked the question `utter_ask_handoff_topic` before a handover.",
        default=False,
    )

    mode: Literal["relay", "native"] = setting(
        one_of("relay", "native"),
        "`relay`: users are on channels of Rasa's, and their words are passed on. `native`: "
        "Zendesk is their channel, in which bot and agents take turns ([native.md](native.md)). "
        "What follows is for `native`.",
        default="relay",
    )
    greet: bool = setting(
        yes_or_no,
        "Whether the bot gets the intent `greet` when a conversation begins or a link leads to it, "
        "before the user has written.",
        default=False,
    )
    client_info: bool = setting(
        yes_or_no,
        "Whether the bot gets what Zendesk knows of the user's client, such as the browser, as "
        "`zendesk_client` with each message. The webhook needs `includeFullSource`, which "
        "`setup --native` sets then.",
        default=False,
    )
    summary_to: str = setting(
        summary_to,
        "Where the summary goes, which the user must not read: `note`, an internal note of the "
        "ticket, which needs `support_token`; `{field: 360001234567}`, a field of the ticket that "
        "users may be able to see; or `off` ([native.md](native.md#the-summary)).",
        default=OFF,
        computed=lambda read: NOTE if read.get("support_token") else OFF,
        example="note",
        shown="`note` with `support_token`, else `off`",
    )
    history: int | None = setting(
        history,
        "How much of the conversation the ticket shows: `all` since the bot has had it, or the "
        "last messages by number.",
        default=None,
        example="10",
        shown="`all`",
    )
    only: OnlySettings = field(default_factory=OnlySettings, metadata=block(OnlySettings))
    bot: BotSettings = field(default_factory=BotSettings, metadata=block(BotSettings))

    @property
    def is_native(self) -> bool:
        """Whether Zendesk is the users' channel."""
        return self.mode == "native"

    @property
    def summary_field(self) -> str | None:
        """The ticket field that gets the summary of a native conversation, if one does."""
        return None if self.summary_to in {NOTE, OFF} else self.summary_to

    def closing(self, at: float) -> Closing | None:
        """Tell when somebody is back, where nobody is to be handed over now.

        Args:
            at: Seconds since the epoch.
        """
        hours = self.hours.opening_hours()
        return None if hours is None or self.closed == "hand_over" else hours.closing(at)

    @property
    def scope(self) -> str:
        """The JWT's ``scope``: the key's own (Conversations API: API authentication)."""
        return SCOPES[self.key_id[:4]]

    def webhook_url(self, public_url: str) -> str:
        """Build the address to paste into Zendesk."""
        return f"{public_url}/api/v1/connectors/{self.id}/webhook"

    def webhook_urls(self, public_url: str) -> tuple[str, str]:
        """List both addresses of the webhook's route; the second is by Rasa's own convention."""
        return (
            self.webhook_url(public_url),
            f"{public_url}/webhooks/zendesk/{self.id}/webhook",
        )

    def ticket_events_url(self, public_url: str) -> str:
        """Build the address that Zendesk's triggers notify."""
        return f"{public_url}/api/v1/connectors/{self.id}/ticket-events"
