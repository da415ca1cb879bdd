"""The settings, each declared once: type, reader, default and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from zendesk_handoff.domain.end_phrases import every_phrase
from zendesk_handoff.domain.identity import TRUSTED, Origin
from zendesk_handoff.domain.native import connector_of_sender
from zendesk_handoff.domain.redaction import KINDS, PAYMENT
from zendesk_handoff.errors import UnknownWorkspace
from zendesk_handoff.settings.connector import Connector
from zendesk_handoff.settings.limits import LimitSettings
from zendesk_handoff.settings.schema import block, blocks, setting
from zendesk_handoff.settings.store_path import read_store_url
from zendesk_handoff.settings.values import (
    days_or_off,
    one_of,
    root_url,
    safe_url_or_none,
    seconds,
    seconds_or_off,
    some_of,
    text,
    texts,
    whole_number,
    yes_or_no,
)

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
_STORE_URL = "sqlite:///handoff.db"
_LLM = ("engine", "llm")


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
        safe_url_or_none,
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
        root_url,
        "The address at which Zendesk, and the user's channel, reach the Rasa server.",
        example="https://bot.example.com",
    )
    connectors: Mapping[str, Connector] = blocks(Connector)
    store_url: str = setting(
        read_store_url,
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
        "Seconds between two requests to Zendesk for the messages of an open session, or of a "
        "native conversation, in case its events are missing; also sent at every start.",
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
        "([ends.md](ends.md#an-intent-after-the-end)). In a native conversation that the agents "
        "have released it follows the bot's next answer.",
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
