"""Posting of a message to a conversation, with its effects on control, ticket and events."""

from __future__ import annotations

from . import serializers, switchboard, tickets
from .errors import ApiError
from .ids import new_id
from .records import App, Conversation, Json, Message
from .state import State


def post(
    state: State,
    app: App,
    conversation: Conversation,
    *,
    author: Json,
    content: Json,
    source: Json,
    metadata: Json | None = None,
    subtypes: list[str] | None = None,
    activity: Json | None = None,
) -> Message:
    """Add a message and emit its events.

    Raises:
        ApiError: 423, the conversation is full (Conversations API: `PostMessage`).
    """
    limit = app.switches.message_limit
    if sum(not one.deleted for one in conversation.messages) >= limit:
        raise ApiError(423, "locked", f"Message limit of {limit} per conversation reached.")
    message = Message(
        id=new_id(),
        received=state.clock.stamp(),
        author=author,
        content=content,
        source=source,
        metadata=metadata,
        subtypes=subtypes,
        activity=activity,
    )
    conversation.messages.append(message)
    conversation.last_updated_at = message.received
    # The notice of a session's end is posted before control moves: no default yet.
    if activity is None:
        switchboard.assign_default(app, conversation)
    from_user = author["type"] == "user"
    if from_user:
        _reopen(state, app, conversation)
    else:
        for participant in conversation.participants:
            participant.unread += 1
    if activity is None:  # a notice belongs to the ticket of which it tells
        tickets.open_if_due(state, app, conversation)
    state.emit(
        app,
        "conversation:message",
        lambda users: {"message": serializers.message_json(app, message, users=users)},
        conversation=conversation,
    )
    if not from_user and activity is None and app.switches.delivery_events != "off":
        _emit_delivery(state, app, conversation, message)
    state.record_change("message", app, conversation)
    return message


def delete(state: State, app: App, conversation: Conversation, message_id: str) -> bool:
    """Delete a message; no event is emitted. Return whether there was one.

    The switch `deleted_messages` decides whether a placeholder stays (schema `message`, field
    `deleted`).
    """
    message = next((one for one in conversation.messages if one.id == message_id), None)
    if message is None:
        return False
    if app.switches.deleted_messages == "placeholder":
        message.content, message.deleted = {"type": "text", "text": ""}, True
    else:
        conversation.messages.remove(message)
    state.record_change("message", app, conversation)
    return True


def _reopen(state: State, app: App, conversation: Conversation) -> None:
    """Open a solved ticket again when its user writes."""
    ticket = conversation.ticket
    if ticket and ticket.status == "solved" and tickets.with_agents(app, conversation):
        ticket.status = "open"
        state.record_change("ticket", app, conversation)


def _emit_delivery(state: State, app: App, conversation: Conversation, message: Message) -> None:
    """Emit the delivery event; a stale one names the integration that was active before."""
    user = next(
        (app.users[one.user_id] for one in conversation.participants if one.user_id in app.users),
        None,
    )

    def payload(users: str) -> Json:
        shown: Json = {
            "message": {"id": message.id},
            "destination": {"type": "api"},
            "isFinalEvent": True,
        }
        if user is not None:
            shown["user"] = (
                serializers.user_json(user) if users == "full" else serializers.user_short(user)
            )
        if app.switches.delivery_events == "stale":
            stale = serializers.conversation_short(
                app, conversation, brand_id=app.switches.brand_id
            )
            former = serializers.switchboard_integration_short(
                app.switchboard_integration(conversation.formerly_active_id)
            )
            if former is not None:
                stale["activeSwitchboardIntegration"] = former
            shown["conversation"] = stale
        return shown

    state.emit(app, "conversation:message:delivery:user", payload, conversation=conversation)
