"""A message enters a conversation, from whichever side, and everything that follows from it."""

from __future__ import annotations

from . import shapes, switchboard, tickets
from .errors import ApiError
from .ids import new_id
from .records import App, Conversation, Json, Message
from .world import World


def post(
    world: World,
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
    """Add a message and tell the webhooks.

    Raises:
        ApiError: 423, the conversation is full (SPEC PostMessage).
    """
    limit = app.switches.message_limit
    if len(conversation.messages) >= limit:
        raise ApiError(423, "locked", f"Message limit of {limit} per conversation reached.")
    message = Message(
        id=new_id(),
        received=world.clock.stamp(),
        author=author,
        content=content,
        source=source,
        metadata=metadata,
        subtypes=subtypes,
        activity=activity,
    )
    conversation.messages.append(message)
    conversation.last_updated_at = message.received
    # A notice about the end must not hand control to the default before control has moved.
    if activity is None:
        switchboard.assign_default(app, conversation)
    from_user = author["type"] == "user"
    if from_user:
        _reopen(world, app, conversation)
    else:
        for participant in conversation.participants:
            participant.unread += 1
    tickets.open_if_due(world, app, conversation)
    world.emit(
        app,
        "conversation:message",
        lambda users: {"message": shapes.message_json(app, message, users=users)},
        conversation=conversation,
    )
    if not from_user and activity is None and app.switches.delivery_events != "off":
        _emit_delivery(world, app, conversation, message)
    world.note("message", app, conversation)
    return message


def _reopen(world: World, app: App, conversation: Conversation) -> None:
    """Open a solved ticket again when its user writes."""
    ticket = conversation.ticket
    if ticket and ticket.status == "solved" and tickets.with_agents(app, conversation):
        ticket.status = "open"
        world.note("ticket", app, conversation)


def _emit_delivery(world: World, app: App, conversation: Conversation, message: Message) -> None:
    """Tell that a message reached the user, perhaps with yesterday's news about control."""
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
            shown["user"] = shapes.user_json(user) if users == "full" else shapes.user_short(user)
        if app.switches.delivery_events == "stale":
            stale = shapes.conversation_short(app, conversation, brand_id=app.switches.brand_id)
            former = shapes.seat_short(app.seat(conversation.formerly_active_id))
            if former is not None:
                stale["activeSwitchboardIntegration"] = former
            shown["conversation"] = stale
        return shown

    world.emit(app, "conversation:message:delivery:user", payload, conversation=conversation)
