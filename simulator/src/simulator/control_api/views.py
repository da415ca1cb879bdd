"""JSON of conversations in the control API: more than Zendesk's API shows, in one answer."""

from __future__ import annotations

from dataclasses import asdict

from .. import serializers, tickets
from ..records import App, Conversation, Json, Message


def conversation_view(app: App, conversation: Conversation, *, messages: bool = True) -> Json:
    """Return a conversation with its app, user, ticket, control and messages."""
    users = [
        app.users[one.user_id] for one in conversation.participants if one.user_id in app.users
    ]
    switchboard_integration = app.switchboard_integration(conversation.active_id)
    pending = app.switchboard_integration(conversation.pending_id)
    view = {
        **serializers.conversation_json(app, conversation),
        "app": {"id": app.id, "label": app.label, "displayName": app.display_name},
        "user": serializers.user_json(users[0]) if users else None,
        "userLastRead": max(
            filter(None, (one.last_read for one in conversation.participants)), default=None
        ),
        "userName": tickets.user_name(app, conversation),
        "control": {
            "active": switchboard_integration.name if switchboard_integration else None,
            "pending": pending.name if pending else None,
            "withAgents": tickets.with_agents(app, conversation),
        },
        "channel": conversation.source_type,
        "ticket": _ticket(conversation),
        "state": conversation_state(app, conversation),
        "messageCount": len(conversation.messages),
        "lastMessage": _message(app, conversation, conversation.messages[-1])
        if conversation.messages
        else None,
    }
    if messages:
        view["messages"] = [_message(app, conversation, one) for one in conversation.messages]
        view["tickets"] = [asdict(one) for one in conversation.tickets]
    return view


def conversation_state(app: App, conversation: Conversation) -> str:
    """Return the state of a conversation in one word, as the agent page shows it.

    Returns:
        `bot` (agents have never had it), `waiting` (no agent has answered yet), `open`, `solved`,
        `closed`, `email`, `ended` (session ended) or `released` (control went elsewhere).
    """
    ticket = conversation.ticket
    if ticket is None:
        return "bot"
    if ticket.status == "closed":
        return "closed"
    if ticket.channel == "email":
        return "email"
    if ticket.session == "ended":
        return "ended"
    if not tickets.with_agents(app, conversation):
        return "released"
    if ticket.status == "solved":
        return "solved"
    answered = any(
        "agent" in (one.subtypes or []) and one.received >= ticket.created_at
        for one in conversation.messages
    )
    return "open" if answered else "waiting"


def _ticket(conversation: Conversation) -> Json | None:
    return asdict(conversation.ticket) if conversation.ticket else None


def _message(app: App, conversation: Conversation, message: Message) -> Json:
    ticket = conversation.ticket
    shown = serializers.message_json(app, message)
    # Independent of the switches, which hide parts of a message from the API.
    shown["kind"] = _kind(message)
    shown["inTicket"] = bool(
        ticket and ticket.first_message_id and message.id >= ticket.first_message_id
    )
    return shown


def _kind(message: Message) -> str:
    if message.author["type"] == "user":
        return "user"
    if message.activity is not None:
        return "notice"
    if "agent" in (message.subtypes or []):
        return "agent"
    return "business" if message.source.get("type") == "api:conversations" else "automation"
