"""Classification of events in native conversations: what the bot is to be given. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zendesk_handoff.domain.identity import KnownUser
from zendesk_handoff.domain.inbox import epoch
from zendesk_handoff.domain.native import Kind, Merger, UserEvent
from zendesk_handoff.handover.classify import is_own
from zendesk_handoff.settings import Connector
from zendesk_handoff.zendesk.events import (
    ButtonPressed,
    ControlAccepted,
    ControlMoved,
    ConversationStarted,
    Event,
    MessagePosted,
    UsersMerged,
)
from zendesk_handoff.zendesk.models import User, storable_id
from zendesk_handoff.zendesk.user_content import read_user_content

#: The intent with which a conversation begins, where the settings ask for it.
GREET = "/greet"
#: Keys of a message's metadata: the channel by Zendesk's name, and other facts of the event.
SOURCE = "zendesk_source"
BRAND = "zendesk_brand"
CLIENT = "zendesk_client"
REFERRAL = "zendesk_referral"
LOCALE = "locale"
_MAX_SOURCE = 64
#: Reasons for which a conversation is created without its user having done anything.
_NOT_BY_USER = frozenset({"none", "notification", "proactiveMessaging"})


def classify_user_events(
    events: Iterable[Event], connector: Connector, *, is_served: bool = False
) -> list[UserEvent]:
    """Find what users have done in conversations in which our integration is active.

    Everything else is none of the bot's: conversations of the agents, of other integrations, and
    those that the plugin has made itself.

    Args:
        events: Parsed events, with our own.
        connector: The connector of their webhook.
        is_served: Whether it is known that the bot serves the conversations.
    """
    if not connector.is_native:
        return []
    found = (_classify(event, connector, is_served=is_served) for event in events)
    return [each for each in found if each is not None]


def mergers(events: Iterable[Event], connector: Connector) -> list[Merger]:
    """List the users, and the conversations, that have become one.

    Args:
        events: Parsed events.
        connector: The connector of their webhook.
    """
    return [
        Merger(
            connector.id,
            each.surviving,
            each.discarded,
            each.surviving_user,
            each.discarded_user,
        )
        for each in events
        if isinstance(each, UsersMerged) and connector.is_native
    ]


def control_moves(events: Iterable[Event]) -> dict[str, float]:
    """Tell when control of conversations has moved, by Zendesk's clock, in seconds since the epoch.

    Args:
        events: Parsed events.
    """
    moved: dict[str, float] = {}
    for each in events:
        at = epoch(each.created_at)
        if isinstance(each, (ControlMoved, ControlAccepted)) and at is not None:
            conversation_id = storable_id(each.conversation.id)
            moved[conversation_id] = max(at, moved.get(conversation_id, at))
    return moved


def _classify(event: Event, connector: Connector, *, is_served: bool) -> UserEvent | None:
    conversation = event.conversation
    if conversation.session_id is not None:
        return None  # the plugin has made it, for a user of another channel
    active = conversation.active_switchboard_integration
    begins = isinstance(event, ConversationStarted)
    if not (begins if active is None else is_own(active, connector)):
        return None
    if isinstance(event, MessagePosted):
        message = event.message
        if message.marker is not None or message.author.type != "user" or message.is_deleted:
            return None
        if message.activity_type:
            return None  # a notice about the user, in no words of theirs
        body = read_user_content(message.content)
        source, user = message.source or {}, message.author.user
        user_id = message.author.user_id or (user.id if user else None)
        return _user_event(
            event,
            connector,
            "message",
            body,
            source,
            user,
            user_id=user_id,
            message_id=storable_id(message.id),
            sent_at=message.received,
            is_served=is_served,
        )
    if isinstance(event, ButtonPressed):
        body = {"text": event.payload.strip(), "metadata": {}}
        return _user_event(event, connector, "postback", body, event.source, event.user)
    if isinstance(event, ConversationStarted) and connector.greet:
        if event.reason in _NOT_BY_USER:
            return None
        metadata = {REFERRAL: event.referral} if event.referral else {}
        body = {"text": GREET, "metadata": metadata}
        return _user_event(event, connector, "start", body, event.source, event.user)
    return None


def _user_event(
    event: Event,
    connector: Connector,
    kind: Kind,
    body: dict[str, Any],
    source: Mapping[str, Any],
    user: User | None,
    *,
    user_id: str | None = None,
    message_id: str | None = None,
    sent_at: str = "",
    is_served: bool = False,
) -> UserEvent:
    channel = source.get("type")
    channel = channel[:_MAX_SOURCE] if isinstance(channel, str) else ""
    brand_id = event.conversation.brand_id
    brand = None if brand_id is None else str(brand_id)
    if not is_served and not connector.only.admits(brand=brand, source=channel):
        kind, body = "foreign", {"text": "", "metadata": {}}
    profile = (user.profile if user else None) or {}
    facts = {
        SOURCE: channel,
        BRAND: brand,
        CLIENT: source.get("client") if connector.client_info else None,
        LOCALE: profile.get("locale"),
        "workspace": connector.workspaces[0],
    }
    known = {key: value for key, value in facts.items() if value}
    found = user_id or (user.id if user else None)
    return UserEvent(
        connector_id=connector.id,
        event_id=storable_id(event.id),
        conversation_id=storable_id(event.conversation.id),
        kind=kind,
        body={**body, "metadata": {**body["metadata"], **known}, "user": _user(user, profile)},
        source=channel,
        user_id=storable_id(found) if found else None,
        message_id=message_id,
        sent_at=(sent_at or event.created_at)[:64].replace("\x00", ""),
    )


def _user(user: User | None, profile: Mapping[str, Any]) -> dict[str, str]:
    """Write what Zendesk knows of a user; signed by the account's own site, it is proven."""
    names = (profile.get("givenName"), profile.get("surname"))
    name = " ".join(each for each in names if isinstance(each, str) and each)
    email = profile.get("email")
    subject = user.external_id if user is not None and user.authenticated else None
    return KnownUser(
        name=name, email=email if isinstance(email, str) else "", subject=subject or ""
    ).to_json()
