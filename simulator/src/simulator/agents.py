"""Actions of an agent in the Agent Workspace, one function each.

An agent's message has a business author with a name, `source.type` `zd:agentWorkspace`, and
`__zendesk_msg.agent.id` in the metadata, as messages recorded from real accounts have.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from . import chat, lifecycle, serializers, switchboard, tickets
from .errors import ApiError
from .ids import new_id
from .records import AGENT_WORKSPACE, Agent, App, Conversation, Json, Message, Ticket
from .state import State

_COMMAND = re.compile(r"%\(\(switchboard:passControl(?::([A-Za-z0-9_-]+))?\)\)%")
_DEFAULT_AGENT = "Ana"


@dataclass(frozen=True)
class AgentContext:
    """The agent, conversation and account of an action.

    Args:
        state: The simulator's state.
        app: The account.
        conversation: The conversation that the action changes.
        agent: The agent who acts.
        base_url: Address of the simulator, for the addresses of pictures.
    """

    state: State
    app: App
    conversation: Conversation
    agent: Agent
    base_url: str

    def open_ticket(self, *, force: bool = False) -> Ticket | None:
        """Return the ticket, if the agent may write in it.

        Args:
            force: Write although control is elsewhere or the session has ended.

        Raises:
            ApiError: 409, an agent cannot write in this conversation now.
        """
        ticket = self.conversation.ticket
        if force:
            return ticket
        if ticket is None:
            raise _conflict("No ticket: control was never passed to the agents")
        if ticket.status == "closed":
            raise _conflict("The ticket is closed")
        if ticket.session == "ended":
            raise _conflict("The messaging session has ended")
        if not tickets.with_agents(self.app, self.conversation):
            raise _conflict("Control is not with the agents")
        return ticket


def find_agent(app: App, name: str | None, *, base_url: str) -> Agent:
    """Return an agent by name or id, or a new one of that name (`""`: one without a name)."""
    wanted = name
    if wanted is None:
        wanted = app.agents[0].name if app.agents else _DEFAULT_AGENT
    for agent in app.agents:
        if wanted in (agent.name, agent.id):
            found = agent
            break
    else:
        found = Agent(str(900000000001 + zlib.crc32(wanted.encode()) % 10**8), wanted)
    picture = found.avatar_url or f"{base_url}/avatars/{zlib.crc32(wanted.encode()):08x}.png"
    return Agent(found.id, found.name, picture)


def send(context: AgentContext, content: Json, *, force: bool = False) -> Message | None:
    """Send a message as the agent; a `%((switchboard:passControl))%` is executed instead."""
    context.open_ticket(force=force)
    if content["type"] == "text" and (command := _COMMAND.search(content.get("text", ""))):
        try:
            switchboard.pass_control(
                context.state, context.app, context.conversation, command.group(1) or "next"
            )
        except ApiError:
            return None  # the failure event reports it
        return None
    metadata: Json | None = None
    if context.app.switches.agent_metadata:
        metadata = {
            "__zendesk_msg.agent.id": context.agent.id,
            "__zendesk_msg.id": new_id(),
            "__zendesk_msg.source_type": "zd:agentWorkspace",
        }
    return _post(context, _author(context.agent), content, metadata=metadata, subtypes=["agent"])


def typing(context: AgentContext, *, on: bool) -> None:
    """Start or stop typing."""
    context.open_ticket()
    _activity(context, "conversation:typing", "typing:start" if on else "typing:stop")


def read(context: AgentContext) -> None:
    """Mark the conversation as read by the business."""
    context.conversation.business_last_read = context.state.clock.stamp()
    _activity(context, "conversation:read", "conversation:read")
    context.state.record_change("read", context.app, context.conversation)


def automation(context: AgentContext, text: str, *, name: str = "Automated Response") -> Message:
    """Send a trigger's message: a business author without an agent."""
    metadata: Json = {}
    if context.app.switches.agent_metadata:
        metadata = {"__zendesk_msg.id": new_id(), "__zendesk_msg.source_type": AGENT_WORKSPACE}
        if marker := context.app.switches.trigger_agent_id:
            metadata["__zendesk_msg.agent.id"] = marker
    return _post(
        context, _business(name), {"type": "text", "text": text}, metadata=metadata or None
    )


def survey(context: AgentContext) -> Message:
    """Send the satisfaction survey (CSAT)."""
    content = {
        "type": "text",
        "text": "How would you rate the support you received?",
        "actions": [
            {"type": "link", "text": "Rate", "uri": f"{context.base_url}/survey/{new_id()}"}
        ],
    }
    author = {"type": "business", "displayName": context.app.display_name}
    return _post(context, author, content, source="zd:surveys")


def solve(context: AgentContext) -> None:
    """Solve the ticket: control does not move (support article 4408824482586)."""
    ticket = context.open_ticket()
    if ticket is not None:
        ticket.status = "solved"
    context.state.record_change("ticket", context.app, context.conversation)


def close(context: AgentContext) -> None:
    """Close the ticket: control moves as the account's setting says, reason `ticketClosed`."""
    ticket = context.conversation.ticket
    if ticket is None or ticket.status == "closed":
        raise _conflict("There is no open ticket")
    ticket.status = "closed"
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
        raise _conflict("Merge needs another user of this app to survive")
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


PLAIN: dict[str, Callable[[AgentContext], object]] = {
    "read": read,
    "solve": solve,
    "close": close,
    "end_session": end_session,
    "end_by_user": end_by_user,
    "transfer_to_email": transfer_to_email,
    "csat": survey,
    "delete": delete,
    "remove_user": remove_user,
}
"""Actions without arguments, by their name in the control API."""


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


def _author(agent: Agent) -> Json:
    author = _business(agent.name)
    if agent.avatar_url:
        author["avatarUrl"] = agent.avatar_url
    return author


def _business(name: str) -> Json:
    """Return an author; without a name there is no `displayName`."""
    return {"type": "business", "displayName": name} if name else {"type": "business"}


def _post(
    context: AgentContext,
    author: Json,
    content: Json,
    *,
    metadata: Json | None = None,
    subtypes: list[str] | None = None,
    source: str = AGENT_WORKSPACE,
) -> Message:
    return chat.post(
        context.state,
        context.app,
        context.conversation,
        author=author,
        content=content,
        source={"type": source},
        metadata=metadata,
        subtypes=subtypes,
    )


def _activity(context: AgentContext, event: str, type_: str) -> None:
    author = _author(context.agent)

    def payload(users: str) -> Json:
        who = serializers.author_json(context.app, author, subtypes=None, users=users)
        return {"activity": {"type": type_, "author": who, "source": {"type": AGENT_WORKSPACE}}}

    context.state.emit(context.app, event, payload, conversation=context.conversation)


def _conflict(why: str) -> ApiError:
    return ApiError(409, "conflict", why)
