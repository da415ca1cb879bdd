"""The JSON that Zendesk shows of each record, in answers and in events.

Shapes: the schemas of SPEC with the same names (user, conversation, message, webhook, …).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .records import (
    App,
    Conversation,
    Integration,
    Json,
    Key,
    Message,
    Participant,
    Switchboard,
    SwitchboardIntegration,
    User,
    Webhook,
)


def _present(pairs: Iterable[tuple[str, Any]]) -> Json:
    """Leave out what is not there: Zendesk omits absent fields rather than sending null."""
    return {name: value for name, value in pairs if value is not None}


def app_json(app: App) -> Json:
    """SPEC app, with the subdomain that GET adds."""
    return {
        "id": app.id,
        "displayName": app.display_name,
        "subdomain": app.label,
        "settings": dict(app.settings),
        "metadata": dict(app.metadata),
    }


def user_short(user: User) -> Json:
    """SPEC userTruncated: what events carry unless a webhook asks for full users."""
    return _present(
        [
            ("id", user.id),
            ("externalId", user.external_id),
            ("zendeskId", user.zendesk_id),
            ("brandId", user.brand_id),
            ("authenticated", user.authenticated),
        ]
    )


def user_json(user: User) -> Json:
    """SPEC user."""
    return user_short(user) | {
        "signedUpAt": user.signed_up_at,
        "toBeRetained": user.to_be_retained,
        "profile": dict(user.profile),
        "metadata": dict(user.metadata),
        "identities": [dict(one) for one in user.identities],
    }


def seat_short(seat: SwitchboardIntegration | None) -> Json | None:
    """SPEC switchboardIntegrationWebhook: who is in control, as conversations tell it."""
    if seat is None:
        return None
    return {
        "id": seat.id,
        "name": seat.name,
        "integrationId": seat.integration_id,
        "integrationType": seat.integration_type,
    }


def seat_json(seat: SwitchboardIntegration) -> Json:
    """SPEC switchboardIntegration."""
    short = seat_short(seat)
    assert short is not None
    return short | _present(
        [
            ("deliverStandbyEvents", seat.deliver_standby_events),
            ("nextSwitchboardIntegrationId", seat.next_id),
            ("messageHistoryCount", seat.message_history_count),
        ]
    )


def switchboard_json(switchboard: Switchboard) -> Json:
    """SPEC switchboard."""
    return _present(
        [
            ("id", switchboard.id),
            ("enabled", switchboard.enabled),
            ("defaultSwitchboardIntegrationId", switchboard.default_id),
        ]
    )


def conversation_short(app: App, conversation: Conversation, *, brand_id: str | None) -> Json:
    """SPEC conversationTruncated: the conversation as events carry it."""
    return _present(
        [
            ("id", conversation.id),
            ("type", conversation.type),
            ("brandId", brand_id),
            ("metadata", None if conversation.metadata is None else dict(conversation.metadata)),
            ("activeSwitchboardIntegration", seat_short(app.seat(conversation.active_id))),
            ("pendingSwitchboardIntegration", seat_short(app.seat(conversation.pending_id))),
        ]
    )


def conversation_json(app: App, conversation: Conversation) -> Json:
    """SPEC conversation."""
    return conversation_short(app, conversation, brand_id=None) | _present(
        [
            ("isDefault", conversation.is_default),
            ("displayName", conversation.display_name),
            ("description", conversation.description),
            ("iconUrl", conversation.icon_url),
            ("businessLastRead", conversation.business_last_read),
            ("lastUpdatedAt", conversation.last_updated_at),
            ("createdAt", conversation.created_at),
        ]
    )


def participant_json(app: App, participant: Participant) -> Json:
    """SPEC participant."""
    user = app.users.get(participant.user_id)
    return _present(
        [
            ("id", participant.id),
            ("userId", participant.user_id),
            ("userExternalId", user.external_id if user else None),
            ("unreadCount", participant.unread),
            ("clientAssociations", []),
            ("lastRead", participant.last_read),
        ]
    )


def author_json(app: App, author: Json, *, subtypes: list[str] | None, users: str) -> Json:
    """SPEC author and authorWebhook.

    Args:
        app: Where the author's user lives.
        author: What was posted.
        subtypes: `["agent"]` and the like, where they are to be seen.
        users: `none` (answers), `short` or `full` (events): how much of the user goes with it.
    """
    shown = {name: author[name] for name in ("type", "userId", "displayName", "avatarUrl")
             if author.get(name) is not None}  # fmt: skip
    if subtypes:
        shown["subtypes"] = list(subtypes)
    user = app.users.get(author.get("userId", ""))
    if users != "none" and user is not None:
        shown["user"] = user_json(user) if users == "full" else user_short(user)
    return shown


def message_json(app: App, message: Message, *, users: str = "none") -> Json:
    """SPEC message (in answers) and messageWebhook (in events, with `users` short or full)."""
    place = "everywhere" if users != "none" else "api"
    switches = app.switches
    subtypes = message.subtypes
    # Only an author who is human or a bot is under the switch; what the API caller gave
    # (`AI`) and the mark of a notice are documented.
    if subtypes == ["agent"] and not _shows(switches.subtypes, place):
        subtypes = None
    activity = message.activity if _shows(switches.activity, place) else None
    if message.activity is not None and activity is None:
        subtypes = None
    return _present(
        [
            ("id", message.id),
            ("received", message.received),
            ("author", author_json(app, message.author, subtypes=subtypes, users=users)),
            ("activity", activity),
            ("content", dict(message.content)),
            ("source", dict(message.source)),
            ("metadata", None if message.metadata is None else dict(message.metadata)),
        ]
    )


def _shows(switch: str, place: str) -> bool:
    return switch == "everywhere" or (switch == "api" and place == "api")


def webhook_json(webhook: Webhook) -> Json:
    """SPEC webhook; the secret comes with every GET."""
    return {
        "id": webhook.id,
        "version": "v2",
        "target": webhook.target,
        "triggers": list(webhook.triggers),
        "secret": webhook.secret,
        "includeFullUser": webhook.include_full_user,
        "includeFullSource": webhook.include_full_source,
    }


def integration_json(integration: Integration) -> Json:
    """SPEC custom (an integration of that type carries its webhooks)."""
    shown: Json = {
        "id": integration.id,
        "type": integration.type,
        "status": "active",
        "displayName": integration.display_name,
    }
    if integration.type == "custom":
        shown["webhooks"] = [webhook_json(one) for one in integration.webhooks.values()]
    return shown


def key_json(key: Key) -> Json:
    """SPEC apiKey."""
    return {"id": key.id, "displayName": key.display_name, "secret": key.secret}
