"""Settings of the limits: how much one user, one address and all together may use."""

from __future__ import annotations

from dataclasses import dataclass

from zendesk_handoff.domain.addresses import Network
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import networks, number_or_off


@dataclass(frozen=True)
class LimitSettings:
    """Limits, each of which ``off`` or 0 turns off.

    Numbers a minute or an hour are counted in memory, by each process for itself; what is stored is
    counted in the store, which all processes share.
    """

    trusted_proxies: tuple[Network, ...] = setting(
        networks,
        "Networks of the proxies in front of the Rasa server, whose `X-Forwarded-For` is believed; "
        "without them, all users behind a proxy share its address "
        "([security.md](security.md#addresses)).",
        default=(),
        example="[10.0.0.0/8]",
    )
    conversations_per_address: int | None = setting(
        number_or_off,
        "New conversations of the chat page in a minute, from one address.",
        default=60,
    )
    conversations: int | None = setting(
        number_or_off, "The same from all addresses together.", default=1200
    )
    messages_per_conversation: int | None = setting(
        number_or_off,
        "Messages in a minute of one conversation of the chat page, or of Zendesk messaging with "
        "`mode: native`: the bot's work on a message keeps the server busy.",
        default=60,
    )
    messages_per_conversation_and_hour: int | None = setting(
        number_or_off,
        "The same in an hour: the bot's work on a message grows with the length of its "
        "conversation.",
        default=240,
    )
    messages_per_address: int | None = setting(
        number_or_off,
        "Messages in a minute of the chat page, from one address; or of one user of Zendesk "
        "messaging, in all conversations.",
        default=600,
    )
    handovers_per_address: int | None = setting(
        number_or_off,
        "Handovers in a minute by users of the chat page, `rest`, `socketio` or `callback`, from "
        "one address; or of one user of Zendesk messaging.",
        default=20,
    )
    handovers_per_connector: int | None = setting(
        number_or_off, "Handovers in a minute through one connector, on all channels.", default=60
    )
    handovers: int | None = setting(
        number_or_off, "The same through all connectors together.", default=120
    )
    wrong_keys_per_address: int | None = setting(
        number_or_off,
        "Calls to the webhook with a wrong key in a minute, from one address, before they are "
        "answered with 429; a call with the right key is never limited.",
        default=30,
    )
    streams: int | None = setting(
        number_or_off,
        "Open event streams (windows) of one conversation of the chat page; the oldest is closed.",
        default=8,
    )
    waiting_messages: int | None = setting(
        number_or_off,
        "Messages of one conversation that wait for the bot, and as many that wait for Zendesk.",
        default=100,
    )
    upload_files: int | None = setting(
        number_or_off, "Files that one conversation of the chat page may have stored.", default=50
    )
    upload_megabytes: int | None = setting(
        number_or_off, "Their size, in units of 1,048,576 bytes.", default=200
    )
    stored_files: int | None = setting(
        number_or_off, "Files that all conversations together may have stored.", default=10_000
    )
    stored_megabytes: int | None = setting(
        number_or_off, "Their size, in units of 1,048,576 bytes.", default=4096
    )
    uploads_at_once: int | None = setting(
        number_or_off,
        "Requests with files that one process receives at the same time, two of them of one "
        "conversation.",
        default=16,
    )
