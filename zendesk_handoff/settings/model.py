"""The settings, each declared once: type, reader, default and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from zendesk_handoff.domain.end_phrases import every_phrase
from zendesk_handoff.domain.hours import Closing
from zendesk_handoff.domain.identity import TRUSTED, Origin
from zendesk_handoff.domain.language import ENGLISH
from zendesk_handoff.domain.native import connector_of_sender
from zendesk_handoff.domain.redaction import KINDS, PAYMENT
from zendesk_handoff.domain.templates import Template
from zendesk_handoff.errors import UnknownWorkspace
from zendesk_handoff.settings.hours import HoursSettings
from zendesk_handoff.settings.limits import LimitSettings
from zendesk_handoff.settings.native import (
    NOTE,
    OFF,
    BotSettings,
    OnlySettings,
    history,
    summary_to,
)
from zendesk_handoff.settings.schema import block, block_list, blocks, setting
from zendesk_handoff.settings.ticket import RouteSettings, TicketSettings, address_template
from zendesk_handoff.settings.values import (
    days_or_off,
    ends,
    matching,
    one_of,
    one_of_or_off,
    safe_url,
    seconds,
    seconds_or_off,
    some_of,
    text,
    texts,
    url_or_none,
    whole_number,
    yes_or_no,
)

DEFAULT_WORKSPACE = "default"
#: Phrases that end a session without NLU.
DEFAULT_END_PHRASES = tuple(dict.fromkeys(("/end_handoff", "/stop", *every_phrase())))
#: What clients send, and Rasa fills in, where nobody has said who the user is.
DEFAULT_SHARED_SENDERS = (
    *("default", "none", "null", "undefined", "nan", "false", "true", "0", "{}", "[]"),
    *("[object object]", "user", "userid", "user_id", "sender", "sender_id", "me", "you"),
    *("anonymous", "anon", "guest", "unknown", "visitor", "customer", "client", "test", "tester"),
)
#: Seconds until a session's lease expires that is not renewed.
TAKEOVER_AFTER = 10.0
#: The scope of an API key's JWT, by the beginning of the key's id.
SCOPES = {"app_": "app", "int_": "integration", "act_": "account", "svc_": "account"}
_STORE_URL = "sqlite:///handoff.db"
_LLM = ("engine", "llm")


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
        safe_url,
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
        root, is_beside, _ = self.base_url.rpartition("/sc")
        return f"{root if is_beside else f'https://{self.subdomain}.zendesk.com'}/api/v2"

    signing_secrets: tuple[str, ...] = setting(
        texts,
        "The signing secret of the webhook that Zendesk's triggers notify, for the Rasa server "
        "alone; a list while it is rotated. With it a session ends when its ticket is solved "
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
        "from 1 to 5 ([ends.md](ends.md#a-rating)); or `off`.",
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


@dataclass(frozen=True)
class SummarySettings:
    """Settings of the summary for the agent."""

    engine: Literal["extractive", "llm"] = setting(
        one_of("extractive", "llm"),
        "`extractive`, offline, or `llm`, a language model ([summary.md](summary.md)).",
        default="extractive",
    )
    max_words: int = setting(
        whole_number(1), "Words that the summary may have at most.", default=220
    )
    model: str = setting(
        text,
        "With `llm`: the model's name, as its endpoint calls it.",
        default="",
        example="the model's name, as its endpoint calls it",
        only_if=_LLM,
    )
    base_url: str | None = setting(
        url_or_none,
        "With `llm`: an OpenAI-compatible endpoint.",
        default=None,
        example="https://llm.example.com/v1",
        shown="OpenAI's own",
        only_if=_LLM,
    )
    api_key: str = setting(
        text,
        "With `llm`: the endpoint's key.",
        default="",
        example="${LLM_API_KEY}",
        only_if=_LLM,
        secret=True,
    )
    timeout: float = setting(
        seconds,
        "With `llm`: seconds after which the extractive summary is used instead.",
        default=4.0,
        only_if=_LLM,
    )


@dataclass(frozen=True)
class Timeouts:
    """Seconds of inactivity until each step; ``None`` turns a step off."""

    waiting_reminder: float | None = setting(
        seconds_or_off,
        "Seconds without an agent between two reminders to the user that the wait goes on.",
        default=120.0,
    )
    waiting_offer: float | None = setting(
        seconds_or_off,
        "Seconds without an agent until the user is offered the way back to the bot, once.",
        default=600.0,
    )
    waiting_end: float | None = setting(
        seconds_or_off,
        "Seconds without an agent until the session ends, with the reason `no_agent`.",
        default=None,
    )
    agent_silence_offer: float | None = setting(
        seconds_or_off,
        "Seconds without an agent's answer to a message of the user, until the same offer.",
        default=None,
    )
    agent_silence_end: float | None = setting(
        seconds_or_off,
        "Seconds without such an answer until the session ends, with the reason `agent_silent`.",
        default=None,
    )
    user_silence_end: float | None = setting(
        seconds_or_off,
        "Seconds without the user's answer to an agent's message, until the session ends, with "
        "the reason `user_silent`.",
        default=None,
    )
    undelivered: float | None = setting(
        seconds_or_off,
        "Seconds after which a user is told that their message is kept but has not reached "
        "Zendesk, once each time this happens.",
        default=60.0,
    )


@dataclass(frozen=True)
class Retention:
    """Days for which personal data is kept; ``None`` keeps it until a command deletes it."""

    days: float | None = setting(
        days_or_off,
        "Days after its end for which a session is kept, with its messages, chat history and "
        "files; what is open or undelivered is always kept ([privacy.md](privacy.md)).",
        default=None,
    )
    media_days: float | None = setting(
        days_or_off,
        "Days after the end of a session for which the addresses of agents' files work.",
        default=30.0,
    )


@dataclass(frozen=True)
class Settings:
    """All settings of the plugin."""

    public_url: str = setting(
        safe_url,
        "The address at which Zendesk, and the user's channel, reach the Rasa server.",
        example="https://bot.example.com",
    )
    connectors: Mapping[str, Connector] = blocks(Connector)
    store_url: str = setting(
        matching(
            r"(?:sqlite|postgresql|postgres)://.*",
            f"must be {_STORE_URL} or postgresql://host/database.",
        ),
        "The database that action server and Rasa server share; a path counts from the folder of "
        "`credentials.yml`. Or `postgresql://host/database`, with the extra `postgresql`.",
        default=_STORE_URL,
        secret=True,
    )
    end_phrases: tuple[str, ...] = setting(
        texts,
        "Phrases by which a user leaves the agent, compared without case, and without punctuation, "
        "spaces and emoji around the words; `/restart` is always one.",
        default=DEFAULT_END_PHRASES,
    )
    shared_senders: tuple[str, ...] = setting(
        texts,
        "Sender ids that several people may have, because their clients send none of their own: "
        "they are not handed over, or one would read what an agent writes to another. Compared "
        "without case; an empty id is always one.",
        default=DEFAULT_SHARED_SENDERS,
        shown="`default`, `none`, `null`, `undefined`, `user`, `anonymous`, `guest`, `test` and "
        "others of the kind",
    )
    open_timeout: float = setting(
        seconds,
        "Seconds a handover may take before the user is told that it failed; below the lifetime "
        "of Rasa's lock on a conversation (`TICKET_LOCK_LIFETIME`, 60 by default).",
        default=15.0,
    )
    request_timeout: float = setting(
        seconds,
        "Seconds one call to Zendesk may take; a file has longer, by its size.",
        default=10.0,
    )
    takeover_after: float = setting(
        seconds,
        "Seconds after which the sessions of a server that has died go on at another one, or at "
        "its restart.",
        default=TAKEOVER_AFTER,
    )
    reconcile_every: float = setting(
        seconds,
        "Seconds between two requests to Zendesk for the messages of an open session, in case its "
        "events are missing; also sent at every start.",
        default=300.0,
    )
    webhook_silence: float | None = setting(
        seconds_or_off,
        "Seconds with the agents without any call of the connector's webhook, after which the log "
        "asks whether Zendesk reaches it, once for each session; or `off`.",
        default=60.0,
    )
    redact: frozenset[str] = setting(
        some_of(KINDS),
        "Kinds of personal data that are masked in the summary; also `email`, `phone`; `[]` for "
        "none ([summary.md](summary.md)).",
        default=PAYMENT,
    )
    learn: Literal["transcript", "summary"] = setting(
        one_of("transcript", "summary"),
        "What the bot keeps of the conversation with the agents: `transcript`, the messages in the "
        "tracker; `summary`, also a line of what the agents have told, in the slot "
        "`handoff_outcome` ([summary.md](summary.md#what-the-bot-learns)).",
        default="transcript",
    )
    requester_from_told: bool = setting(
        yes_or_no,
        "Whether a name and an e-mail address that users only tell, or that stand in a page's "
        "address, become the ticket's requester ([security.md](security.md#who-the-user-is)).",
        default=False,
    )
    trigger_ended: bool = setting(
        yes_or_no,
        "Whether the intent `handoff_ended` is triggered after the end of a session, for rules of "
        "the bot's own; its domain must have the intent "
        "([ends.md](ends.md#an-intent-after-the-end)).",
        default=False,
    )
    summary: SummarySettings = field(
        default_factory=SummarySettings, metadata=block(SummarySettings)
    )
    retention: Retention = field(default_factory=Retention, metadata=block(Retention))
    timeouts: Timeouts = field(default_factory=Timeouts, metadata=block(Timeouts))
    limits: LimitSettings = field(default_factory=LimitSettings, metadata=block(LimitSettings))
    #: The ``credentials.yml`` in which they stand; ``None`` if they were not read from a file.
    credentials_file: Path | None = field(default=None, compare=False)

    @property
    def requester_origins(self) -> frozenset[Origin]:
        """The origins of the values that become the requester's at Zendesk."""
        return TRUSTED | {Origin.TOLD} if self.requester_from_told else TRUSTED

    def connector_for(self, workspace: str, *, sender_id: str = "") -> Connector:
        """Find the connector of a workspace, or that of a native conversation.

        Args:
            workspace: The tenant.
            sender_id: Rasa's id of the user; that of a native conversation names its connector.

        Raises:
            UnknownWorkspace: No connector names it; another tenant's is never used instead.
        """
        own = connector_of_sender(sender_id)
        if own is not None:
            if own not in self.connectors:
                raise UnknownWorkspace(workspace)
            return self.connectors[own]
        for connector in self.connectors.values():
            if workspace in connector.workspaces:
                return connector
        raise UnknownWorkspace(workspace)
