"""The events of Zendesk's webhooks that this package acts on (page "Webhook events")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zendesk_handoff.zendesk.models import Conversation, Message, SwitchboardIntegration, User


@dataclass(frozen=True)
class Event:
    """An event in a conversation.

    Args:
        id: Zendesk's id of the event, the same on every redelivery (schema `eventSubSchema`).
        created_at: By Zendesk's clock, ISO 8601.
        conversation: The conversation.
    """

    id: str
    created_at: str
    conversation: Conversation


@dataclass(frozen=True)
class MessagePosted(Event):
    """``conversation:message``: a message was posted, possibly by this package."""

    message: Message


@dataclass(frozen=True)
class ControlMoved(Event):
    """``switchboard:passControl`` or ``switchboard:releaseControl``.

    Args:
        to: The integration in control now, ``None`` after a release.
        reason: ``ticketClosed`` or ``transferToEmail``, if Zendesk gives one.
        by_session: Our session that passed control itself, from the call's metadata.
    """

    to: SwitchboardIntegration | None
    reason: str | None
    by_session: str | None


@dataclass(frozen=True)
class ControlRefused(Event):
    """``switchboard:passControl:failure``: control was not passed, though the call may say 200.

    Args:
        code: Zendesk's, such as ``switchboard_invalid_target``.
    """

    code: str


@dataclass(frozen=True)
class ControlAccepted(Event):
    """``switchboard:acceptControl``: an integration has accepted what it was offered.

    Args:
        to: The integration in control now.
    """

    to: SwitchboardIntegration | None


@dataclass(frozen=True)
class ControlOffered(Event):
    """``switchboard:offerControl``: an integration may accept control.

    Args:
        to: The integration.
        by_session: Our session that has offered it, from the call's metadata.
    """

    to: SwitchboardIntegration | None
    by_session: str | None


@dataclass(frozen=True)
class ActionFailed(Event):
    """``switchboard:offerControl:failure`` or ``switchboard:acceptControl:failure``.

    Args:
        action: The event's type.
        code: Zendesk's, such as ``switchboard_invalid_action``.
    """

    action: str
    code: str


@dataclass(frozen=True)
class ButtonPressed(Event):
    """``conversation:postback``: the user has pressed a button that sends no message.

    Args:
        payload: What the button stands for.
        user: The user.
        source: The user's channel.
    """

    payload: str
    user: User | None
    source: Mapping[str, Any]


@dataclass(frozen=True)
class ConversationStarted(Event):
    """``conversation:create`` or ``conversation:referral``: a user has come, and not written yet.

    Args:
        reason: The ``creationReason``; ``referral`` for a user who has followed a link.
        referral: The ``code`` of the link, if it has one.
        user: The user.
        source: The user's channel.
    """

    reason: str
    referral: str
    user: User | None
    source: Mapping[str, Any]


@dataclass(frozen=True)
class UsersMerged(Event):
    """``user:merge``: two users have become one, and perhaps two conversations.

    Args:
        surviving: Zendesk's id of the conversation that goes on; empty where none was merged.
        discarded: Zendesk's id of the conversation that is gone.
        surviving_user: Zendesk's id of the user that goes on; empty if it cannot be read.
        discarded_user: Zendesk's id of the user that is gone.
    """

    surviving: str
    discarded: str
    surviving_user: str
    discarded_user: str


@dataclass(frozen=True)
class ConversationRemoved(Event):
    """``conversation:remove``: the conversation was removed."""


@dataclass(frozen=True)
class UserRemoved(Event):
    """``user:remove``: a user was removed, with all conversations; it names none of these.

    Args:
        user_id: Zendesk's id of the user.
    """

    user_id: str


@dataclass(frozen=True)
class AgentTyping(Event):
    """``conversation:typing`` of a business author: whether an agent sends it is not documented.

    Args:
        is_on: Whether typing has begun; else it has ended.
    """

    is_on: bool


@dataclass(frozen=True)
class AgentRead(Event):
    """``conversation:read`` of a business author: whether an agent sends it is not documented."""


@dataclass(frozen=True)
class Unreadable(Event):
    """An event of a type that is acted on, in a shape that cannot be read.

    Args:
        type: The event's type.
        error: The decoder's error; it contains no value of the event.
    """

    type: str
    error: str
