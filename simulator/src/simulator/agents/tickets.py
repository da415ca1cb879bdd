"""Tickets and sessions in the hands of an agent: solve, close, transfer, end, merge, delete."""

from __future__ import annotations

from .. import chat, lifecycle, switchboard, tickets, triggers
from ..records import AGENT_WORKSPACE
from .context import AgentContext, conflict


def solve(context: AgentContext) -> None:
    """Solve the ticket: control does not move (support article 4408824482586)."""
    ticket = context.open_ticket()
    if ticket is not None and ticket.status != "solved":
        ticket.status = "solved"
        triggers.fire(context.state, context.app, context.conversation, ticket)
    context.state.record_change("ticket", context.app, context.conversation)


def close(context: AgentContext) -> None:
    """Close the ticket: control moves as the account's setting says, reason `ticketClosed`."""
    ticket = context.conversation.ticket
    if ticket is None or ticket.status == "closed":
        raise conflict("There is no open ticket")
    ticket.status = "closed"
    triggers.fire(context.state, context.app, context.conversation, ticket)
    _move_control(context, "ticket:closed", "The ticket was closed", reason="ticketClosed")


def transfer_to_email(context: AgentContext) -> None:
    """Continue by email: control moves, reason `transferToEmail`."""
    ticket = context.open_ticket()
    if ticket is not None:
        ticket.channel = "email"
    notice = "The conversation continues by email"
    _move_control(context, "ticket:transfer:email", notice, reason="transferToEmail")


def end_session(context: AgentContext) -> None:
    """End the messaging session: the ticket stays as it is, control is released.

    The user gets no message (support article 8009788438042); the next handoff opens a new ticket.
    """
    ticket = context.open_ticket()
    if ticket is not None:
        ticket.session = "ended"
    reason = context.app.switches.end_session_reason
    switchboard.release_control(context.state, context.app, context.conversation, reason=reason)
    context.state.record_change("ticket", context.app, context.conversation)


def end_by_user(context: AgentContext) -> None:
    """Let the user press `End session` in a Zendesk widget."""
    ticket = context.open_ticket()
    if ticket is not None:
        ticket.session = "ended"
    _notice(context, "conversation:endedByUser", "The conversation was ended by the user")
    reason = context.app.switches.end_session_reason
    switchboard.release_control(context.state, context.app, context.conversation, reason=reason)
    context.state.record_change("ticket", context.app, context.conversation)


def merge(context: AgentContext, surviving_id: str, *, conversations: bool = False) -> None:
    """Merge the conversation's user into another user."""
    surviving = context.app.find_user(surviving_id)
    users = [context.app.users[one.user_id] for one in context.conversation.participants]
    if surviving is None or not users or users[0] is surviving:
        raise conflict("Merge needs another user of this app to survive")
    lifecycle.merge_users(
        context.state,
        context.app,
        surviving=surviving,
        discarded=users[0],
        conversations=conversations,
    )
    context.state.record_change("conversation", context.app, context.conversation)


def remove_user(context: AgentContext) -> None:
    """Delete the conversation's user with all conversations."""
    for participant in list(context.conversation.participants):
        lifecycle.remove_user(context.state, context.app, context.app.users[participant.user_id])


def delete(context: AgentContext) -> None:
    """Delete the conversation."""
    lifecycle.remove_conversation(context.state, context.app, context.conversation)


def _move_control(context: AgentContext, activity: str, notice: str, *, reason: str) -> None:
    """Post the notice, then move control by the account's setting "Conversation control"."""
    if tickets.with_agents(context.app, context.conversation):
        _notice(context, activity, notice)
        policy = context.app.switches.on_ticket_close
        if policy == "release":
            switchboard.release_control(
                context.state, context.app, context.conversation, reason=reason
            )
        elif policy == "pass":
            switchboard.pass_control(
                context.state, context.app, context.conversation, "next", reason=reason
            )
    context.state.record_change("ticket", context.app, context.conversation)


def _notice(context: AgentContext, activity: str, text: str) -> None:
    if context.app.switches.activity == "off":
        return
    chat.post(
        context.state,
        context.app,
        context.conversation,
        author={"type": "business"},
        content={"type": "text", "text": text},
        source={"type": AGENT_WORKSPACE},
        subtypes=["activity"],
        activity={"type": activity},
    )
