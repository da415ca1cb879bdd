"""What a running server tells about itself: no secret, and nothing of any user."""

from __future__ import annotations

import msgspec

#: The route of the Rasa server.
REPORT_PATH = "/webhooks/zendesk/check"
#: The action of the action server, which has no route of ours. No bot can predict it, since no
#: domain has it.
REPORT_ACTION = "action_handoff_check"


class ChannelReport(msgspec.Struct, frozen=True):
    """A channel of the Rasa server.

    Attributes:
        name: Its name.
        can_push: Whether agents' messages reach the user at once.
        limitations: Sentences about what its users have to do without.
    """

    name: str
    can_push: bool
    limitations: list[str] = []


class RasaReport(msgspec.Struct, frozen=True):
    """The report of a Rasa server.

    Attributes:
        version: Of the plugin.
        rasa: Of Rasa.
        store: The identity of its store, see ``identity_of``.
        store_name: Its store for people, without user and password.
        in_front: Whether the router sees every message before the bot.
        model_id: The loaded model; ``None`` without one.
        connectors: The ids of its connectors.
        channels: Its channels, without the plugin's own for Zendesk.
    """

    version: str
    rasa: str
    store: str
    store_name: str
    in_front: bool
    model_id: str | None
    connectors: list[str]
    channels: list[ChannelReport]


class ActionsReport(msgspec.Struct, frozen=True):
    """The report of an action server, which anybody can ask who reaches it.

    Attributes:
        version: Of the plugin.
        store: The identity of its store; ``None`` if it cannot be opened.
        error: Why not.
    """

    version: str
    store: str | None = None
    error: str = ""
