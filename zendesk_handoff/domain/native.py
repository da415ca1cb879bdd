"""Native conversations: those in which Zendesk itself is the user's channel. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

#: The name of the Rasa channel of native conversations.
NATIVE_CHANNEL = "zendesk"
#: Beginning of the sender ids of native conversations: no other channel may speak for them.
NATIVE_PREFIX = "zendesk:"
#: Beginning of the id of an event that stands for a message of a listing.
LISTED = "listed:"
#: Seconds between the bot's answer and the next message, below which nobody can have read it.
TOO_FAST = 2.0
#: Seconds after which somebody has made a pause.
_WITHOUT_PAUSE = 60.0
#: Seconds within which a long text is a repetition.
_REPEATS_WITHIN = 3600.0
#: Points of a turn that is a machine's by its look; one that a person could have written has one.
POINTS = 5

Kind = Literal["message", "postback", "start", "foreign", "refused"]


def native_sender(connector_id: str, conversation_id: str) -> str:
    """Make Rasa's sender id of a conversation: two of one person are two trackers.

    Args:
        connector_id: The connector; its id has no colon.
        conversation_id: Zendesk's id.
    """
    return f"{NATIVE_PREFIX}{connector_id}:{conversation_id}"


def connector_of_sender(sender_id: str) -> str | None:
    """Tell the connector of a native conversation; ``None`` for the sender of another channel.

    Args:
        sender_id: Rasa's id; its prefix is reserved, so that no client can choose it.
    """
    if not sender_id.startswith(NATIVE_PREFIX):
        return None
    return sender_id[len(NATIVE_PREFIX) :].partition(":")[0]


@dataclass(frozen=True)
class UserEvent:
    """Something a user has done in a conversation in which our integration is active.

    Args:
        connector_id: The connector of the event's webhook.
        event_id: Zendesk's id of the event.
        conversation_id: Zendesk's id of the conversation.
        kind: ``message``, ``postback`` (a pressed button), ``start`` (the conversation has begun),
            ``foreign``: of a brand or a channel that the bot does not serve, or ``refused`` by a
            limit: the bot is not given it.
        body: What the bot gets: ``text``, ``title``, ``metadata``, ``user``.
        source: The channel by Zendesk's name: ``web``, ``whatsapp``.
        user_id: Zendesk's id of the user.
        message_id: Zendesk's id of the message, if it is one.
        sent_at: The time by Zendesk's clock, ISO 8601.
    """

    connector_id: str
    event_id: str
    conversation_id: str
    kind: Kind
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    source: str = ""
    user_id: str | None = None
    message_id: str | None = None
    sent_at: str = ""

    def refused(self) -> UserEvent:
        """Return it as one that a limit refuses, without its words."""
        kept = {name: self.body[name] for name in ("metadata",) if name in self.body}
        return replace(self, kind="refused", body={"text": "", "metadata": {}, **kept})

    @property
    def sender_id(self) -> str:
        """Rasa's sender id of the conversation, unless it was merged with another."""
        return native_sender(self.connector_id, self.conversation_id)


@dataclass(frozen=True)
class Merger:
    """Two users that have become one, and perhaps two conversations (event ``user:merge``).

    Args:
        connector_id: The connector of the event's webhook.
        surviving: Zendesk's id of the conversation that goes on; empty where none was merged.
        discarded: Zendesk's id of the one that is gone.
        surviving_user: Zendesk's id of the user that goes on; empty if it is not known.
        discarded_user: Zendesk's id of the one that is gone.
    """

    connector_id: str
    surviving: str = ""
    discarded: str = ""
    surviving_user: str = ""
    discarded_user: str = ""


@dataclass(frozen=True)
class NativeConversation:
    """A conversation in which the bot has been active.

    Args:
        sender_id: Rasa's id.
        connector_id: The connector.
        conversation_id: Zendesk's id.
        user_id: Zendesk's id of the user.
        source: The channel by Zendesk's name.
        first_message_id: The first message since the bot has had control.
        last_message_id: The last message that the bot was given.
        fast_turns: Points of turns in a row that show no person: see ``count_turn``.
        answered_at: When the bot's last turn was over, in seconds since the epoch.
        control_moved_at: When control last moved, in seconds since the epoch, by Zendesk's clock.
    """

    sender_id: str
    connector_id: str
    conversation_id: str
    user_id: str | None = None
    source: str = ""
    first_message_id: str | None = None
    last_message_id: str | None = None
    fast_turns: int = 0
    answered_at: float | None = None
    control_moved_at: float | None = None


def count_turn(
    conversation: NativeConversation, *, now: float, is_answer: bool = True, is_repeat: bool = False
) -> int:
    """Count the points of turns in a row that show no person, with this message's.

    Two machines that answer each other would go on for ever. They answer at once, or they say the
    same again; or else they go on and on without a pause, which people do for a while, too.

    Args:
        conversation: As it was after the bot's last turn.
        now: When this message was stored, in seconds since the epoch.
        is_answer: Whether the bot has said something since the user's message before this one. The
            lines of somebody who writes one after the other are no turns.
        is_repeat: Whether it is a long text that the user has sent just before.
    """
    answered_at = conversation.answered_at
    if answered_at is None:
        return 0
    if not is_answer:
        return conversation.fast_turns
    pause = now - answered_at
    if pause <= TOO_FAST or (is_repeat and pause <= _REPEATS_WITHIN):
        return conversation.fast_turns + POINTS
    return conversation.fast_turns + 1 if pause <= _WITHOUT_PAUSE else 0
