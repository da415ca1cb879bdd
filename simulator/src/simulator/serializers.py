"""JSON of each record, in answers and in events (Conversations API: schemas of these names)."""

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
    """Drop absent values: Zendesk omits such fields and sends no null."""
    return {name: value for name, value in pairs if value is not None}


def app_json(app: App) -> Json:
    """Schema `app`, with the subdomain that GET adds."""
    return {
        "id": app.id,
        "displayName": app.display_name,
        "subdomain": app.label,
        "settings": dict(app.settings),
        "metadata": dict(app.metadata),
    }


def user_short(user: User) -> Json:
    """Schema `userTruncated`: the user in events, unless a webhook asks for full users."""
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
    """Schema `user`."""
    return user_short(user) | {
        "signedUpAt": user.signed_up_at,
        "toBeRetained": user.to_be_retained,
        "profile": dict(user.profile),
        "metadata": dict(user.metadata),
        "identities": [dict(one) for one in user.identities],
    }


def switchboard_integration_short(
    switchboard_integration: SwitchboardIntegration | None,
) -> Json | None:
    """Schema `switchboardIntegrationWebhook`: the integration in control."""
    if switchboard_integration is None:
        return None
    return {
        "id": switchboard_integration.id,
        "name": switchboard_integration.name,
        "integrationId": switchboard_integration.integration_id,
        "integrationType": switchboard_integration.integration_type,
    }


def switchboard_integration_json(switchboard_integration: SwitchboardIntegration) -> Json:
    """Schema `switchboardIntegration`."""
    short = switchboard_integration_short(switchboard_integration)
    assert short is not None
    return short | _present(
        [
            ("deliverStandbyEvents", switchboard_integration.deliver_standby_events),
            ("nextSwitchboardIntegrationId", switchboard_integration.next_id),
            ("messageHistoryCount", switchboard_integration.message_history_count),
        ]
    )


def switchboard_json(switchboard: Switchboard) -> Json:
    """Schema `switchboard`."""
    return _present(
        [
            ("id", switchboard.id),
            ("enabled", switchboard.enabled),
            ("defaultSwitchboardIntegrationId", switchboard.default_id),
        ]
    )


def conversation_short(app: App, conversation: Conversation, *, brand_id: str | None) -> Json:
    """Schema `conversationTruncated`: the conversation as events carry it."""
    return _present(
        [
            ("id", conversation.id),
            ("type", conversation.type),
            ("brandId", brand_id),
            ("metadata", None if conversation.metadata is None else dict(conversation.metadata)),
            (
                "activeSwitchboardIntegration",
                switchboard_integration_short(app.switchboard_integration(conversation.active_id)),
            ),
            (
                "pendingSwitchboardIntegration",
                switchboard_integration_short(app.switchboard_integration(conversation.pending_id)),
            ),
        ]
    )


def conversation_json(app: App, conversation: Conversation) -> Json:
    """Schema `conversation`."""
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
    """Schema `participant`."""
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
    """Schemas `author` and `authorWebhook`.

    Args:
        app: The app of the author's user.
        author: The author as posted.
        subtypes: `["agent"]` and the like, where they are visible.
        users: `none` (answers), `short` or `full` (events): how much of the user is included.
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
    """Schemas `message` (answers) and `messageWebhook` (events, `users` short or full)."""
    audience = "everywhere" if users != "none" else "api"
    switches = app.switches
    subtypes = message.subtypes
    # The switch covers the undocumented `agent` only: `AI`, which callers send, and the subtype
    # of notices are documented.
    if subtypes == ["agent"] and not _is_visible(switches.subtypes, audience):
        subtypes = None
    activity = message.activity if _is_visible(switches.activity, audience) else None
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
            ("deleted", message.deleted or None),
        ]
    )


def _is_visible(switch: str, audience: str) -> bool:
    return switch == "everywhere" or (switch == "api" and audience == "api")


def add_client(app: App, conversation: Conversation, payload: Json) -> None:
    """Add the client to the source of what a user has done (webhooks with `includeFullSource`).

    Args:
        app: The app of the conversation.
        conversation: With one user on one of Zendesk's own channels; others have no client.
        payload: Of an event; it is changed.
    """
    message = payload.get("message")
    if message is not None and message.get("author", {}).get("type") != "user":
        return
    holder = payload if message is None else message
    source = holder.get("source")
    user = next(
        (app.users[one.user_id] for one in conversation.participants if one.user_id in app.users),
        None,
    )
    own = conversation.source_type
    if source is None or user is None or source["type"] != own or own.startswith("api:"):
        return
    holder["source"] = source | {"client": _client_json(conversation, user)}


def _client_json(conversation: Conversation, user: User) -> Json:
    """Schema `client`, whose `info` differs from platform to platform."""
    source = conversation.source_type
    is_sdk = source in ("web", "ios", "android")
    browser = {"userAgent": "Mozilla/5.0 (X11; Linux x86_64)", "browserLanguage": "en"}
    return _present(
        [
            ("id", conversation.id[::-1]),
            ("type", "sdk" if is_sdk else source),
            ("status", "active"),
            ("lastSeen", conversation.last_updated_at),
            ("displayName", user.profile.get("givenName")),
            ("info", browser if source == "web" else {}),
        ]
    )


def webhook_json(webhook: Webhook, *, secret: bool = True) -> Json:
    """Schema `webhook`.

    Args:
        webhook: The webhook.
        secret: Whether the secret is shown.
    """
    return _present(
        [
            ("id", webhook.id),
            ("version", "v2"),
            ("target", webhook.target),
            ("triggers", list(webhook.triggers)),
            ("secret", webhook.secret if secret else None),
            ("includeFullUser", webhook.include_full_user),
            ("includeFullSource", webhook.include_full_source),
        ]
    )


def integration_json(integration: Integration, *, secret: bool = True) -> Json:
    """Schema `custom` (an integration of that type carries its webhooks).

    Args:
        integration: The integration.
        secret: Whether the secrets of its webhooks are shown.
    """
    shown: Json = {
        "id": integration.id,
        "type": integration.type,
        "status": "active",
        "displayName": integration.display_name,
    }
    if integration.type == "custom":
        webhooks = integration.webhooks.values()
        shown["webhooks"] = [webhook_json(one, secret=secret) for one in webhooks]
    return shown


def key_json(key: Key, *, secret: bool = True) -> Json:
    """Schema `apiKey`.

    Args:
        key: The key.
        secret: Whether its secret is shown.
    """
    return _present(
        [
            ("id", key.id),
            ("displayName", key.display_name),
            ("secret", key.secret if secret else None),
        ]
    )
