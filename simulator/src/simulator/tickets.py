"""Tickets of the Agent Workspace: when one opens, and its fields from passControl."""

from __future__ import annotations

from .records import AGENT_WORKSPACE, App, Conversation, Json, Ticket
from .state import State

_HISTORY = 10
"""Earlier messages that a ticket includes (support article 4419179022874)."""


def with_agents(app: App, conversation: Conversation) -> bool:
    """Return whether the Agent Workspace is in control."""
    switchboard_integration = app.switchboard_integration(conversation.active_id)
    return (
        switchboard_integration is not None
        and switchboard_integration.integration_type == AGENT_WORKSPACE
    )


def open_if_due(state: State, app: App, conversation: Conversation) -> None:
    """Open a ticket where the agents have control and none is open.

    The metadata of passControl and of the conversation is read now and never again. A message that
    arrives while the Agent Workspace is already active opens a ticket without those of passControl.
    """
    if not with_agents(app, conversation):
        return
    if app.switches.ticket_needs_message and not conversation.messages:
        return
    current = conversation.ticket
    if current and _stays_open(current):
        return
    own = (conversation.metadata or {}) if app.switches.conversation_fields else {}
    capture = {**own, **conversation.capture}
    conversation.capture = {}
    first = capture.get("first_message_id")
    known = {message.id for message in conversation.messages}
    if first not in known:
        history = conversation.messages[-_HISTORY:]
        first = history[0].id if history else None
    fields = captured_fields(capture)
    subject = fields.get("subject") or f"Conversation with {user_name(app, conversation)}"
    conversation.tickets.append(
        Ticket(
            id=state.next_ticket,
            created_at=state.clock.stamp(),
            subject=str(subject),
            fields=fields,
            first_message_id=first,
        )
    )
    state.next_ticket += 1
    _link_to_support(state, app, conversation)
    state.record_change("ticket", app, conversation)


def captured_fields(metadata: Json) -> Json:
    """Read the `dataCapture.*` keys that the Agent Workspace understands.

    Returns:
        Custom fields by their numeric id under `custom`, the rest by name; tags as a list.
    """
    fields: Json = {}
    custom: Json = {}
    for key, value in metadata.items():
        if key.startswith("dataCapture.ticketField."):
            custom[key.removeprefix("dataCapture.ticketField.")] = value
        elif key.startswith("dataCapture.systemField."):
            name = key.removeprefix("dataCapture.systemField.")
            if name == "tags":
                value = [tag.strip() for tag in str(value).split(",") if tag.strip()]
            fields[name] = value
        elif key == "origin_source_type":
            fields["channel"] = value
    if custom:
        fields["custom"] = custom
    return fields


def user_name(app: App, conversation: Conversation) -> str:
    """Return the user's name as agents see it."""
    for ticket in reversed(conversation.tickets):
        if name := ticket.fields.get("requester.name"):
            return str(name)
    for participant in conversation.participants:
        user = app.users.get(participant.user_id)
        if user is None:
            continue
        parts = [user.profile.get("givenName"), user.profile.get("surname")]
        if name := " ".join(str(part) for part in parts if part):
            return name
        if user.external_id:
            return f"Visitor {user.external_id[:12]}"
    return "Visitor"


def _link_to_support(state: State, app: App, conversation: Conversation) -> None:
    """Give the requester a user record in the Support API (schema `user`: `zendeskId`)."""
    if not app.switches.support_users:
        return
    for participant in conversation.participants:
        user = app.users.get(participant.user_id)
        if user is not None and user.zendesk_id is None:
            user.zendesk_id = str(state.next_support_user)
            state.next_support_user += 1


def _stays_open(ticket: Ticket) -> bool:
    """Return whether a ticket continues at the next handoff."""
    return (
        ticket.status != "closed" and ticket.session == "active" and ticket.channel == "messaging"
    )
