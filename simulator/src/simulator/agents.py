"""What somebody does in the Agent Workspace: one function a verb.

How an agent's message looks is section 12.1 of what is known: a business author with a name,
`source.type` `zd:agentWorkspace`, and `__zendesk_msg.agent.id` in the metadata.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from . import chat, people, shapes, switchboard, tickets
from .errors import ApiError
from .ids import new_id
from .records import AGENT_WORKSPACE, Agent, App, Conversation, Json, Message, Ticket
from .world import World

_COMMAND = re.compile(r"%\(\(switchboard:passControl(?::([A-Za-z0-9_-]+))?\)\)%")
_DEFAULT_AGENT = "Ana"


@dataclass(frozen=True)
class Desk:
    """An agent in front of a conversation.

    Args:
        world: Everything.
        app: The account.
        conversation: What is on the screen.
        agent: Who sits there.
        base_url: How the simulator is reached, for addresses of pictures.
    """

    world: World
    app: App
    conversation: Conversation
    agent: Agent
    base_url: str

    def open_ticket(self, *, force: bool = False) -> Ticket | None:
        """Return the ticket, if the agent may write in it.

        Args:
            force: Write although control is elsewhere or the session has ended.

        Raises:
            ApiError: 409, nobody waits for this agent here.
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
    """Return an agent by name or id, or invent one of that name (`""`: one without a name)."""
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


def say(desk: Desk, content: Json, *, force: bool = False) -> Message | None:
    """Send a message as the agent; a `%((switchboard:passControl))%` is done, not sent."""
    desk.open_ticket(force=force)
    if content["type"] == "text" and (command := _COMMAND.search(content.get("text", ""))):
        try:
            switchboard.pass_control(
                desk.world, desk.app, desk.conversation, command.group(1) or "next"
            )
        except ApiError:
            return None  # the failure event has told it
        return None
    metadata: Json | None = None
    if desk.app.switches.agent_metadata:
        metadata = {
            "__zendesk_msg.agent.id": desk.agent.id,
            "__zendesk_msg.id": new_id(),
            "__zendesk_msg.source_type": "zd:agentWorkspace",
        }
    return _post(desk, _author(desk.agent), content, metadata=metadata, subtypes=["agent"])


def typing(desk: Desk, *, on: bool) -> None:
    """Begin or stop to type."""
    desk.open_ticket()
    _activity(desk, "conversation:typing", "typing:start" if on else "typing:stop")


def read(desk: Desk) -> None:
    """Have read what the user wrote."""
    desk.conversation.business_last_read = desk.world.clock.stamp()
    _activity(desk, "conversation:read", "conversation:read")
    desk.world.note("read", desk.app, desk.conversation)


def automation(desk: Desk, text: str, *, name: str = "Automated Response") -> Message:
    """Send what a trigger sends: a business message without an agent."""
    metadata: Json = {}
    if desk.app.switches.agent_metadata:
        metadata = {"__zendesk_msg.id": new_id(), "__zendesk_msg.source_type": AGENT_WORKSPACE}
        if marker := desk.app.switches.trigger_agent_id:
            metadata["__zendesk_msg.agent.id"] = marker
    return _post(desk, _business(name), {"type": "text", "text": text}, metadata=metadata or None)


def survey(desk: Desk) -> Message:
    """Send the satisfaction survey (CSAT)."""
    content = {
        "type": "text",
        "text": "How would you rate the support you received?",
        "actions": [{"type": "link", "text": "Rate", "uri": f"{desk.base_url}/survey/{new_id()}"}],
    }
    author = {"type": "business", "displayName": desk.app.display_name}
    return _post(desk, author, content, source="zd:surveys")


def solve(desk: Desk) -> None:
    """Solve the ticket: control does not move (support article 4408824482586)."""
    ticket = desk.open_ticket()
    if ticket is not None:
        ticket.status = "solved"
    desk.world.note("ticket", desk.app, desk.conversation)


def close(desk: Desk) -> None:
    """Close the ticket: control moves as the account's setting says, reason `ticketClosed`."""
    ticket = desk.conversation.ticket
    if ticket is None or ticket.status == "closed":
        raise _conflict("There is no open ticket")
    ticket.status = "closed"
    _leave(desk, "ticket:closed", "The ticket was closed", reason="ticketClosed")


def transfer_to_email(desk: Desk) -> None:
    """Go on by email: control moves, reason `transferToEmail`."""
    ticket = desk.open_ticket()
    if ticket is not None:
        ticket.channel = "email"
    notice = "The conversation continues by email"
    _leave(desk, "ticket:transfer:email", notice, reason="transferToEmail")


def end_session(desk: Desk) -> None:
    """End the messaging session: the ticket stays as it is, control is released.

    The user is not told (support article 8009788438042); the next handoff makes a new ticket.
    """
    ticket = desk.open_ticket()
    if ticket is not None:
        ticket.session = "ended"
    reason = desk.app.switches.end_session_reason
    switchboard.release_control(desk.world, desk.app, desk.conversation, reason=reason)
    desk.world.note("ticket", desk.app, desk.conversation)


def end_by_user(desk: Desk) -> None:
    """Let the user press `End session` in a Zendesk widget."""
    ticket = desk.open_ticket()
    if ticket is not None:
        ticket.session = "ended"
    _notice(desk, "conversation:endedByUser", "The conversation was ended by the user")
    reason = desk.app.switches.end_session_reason
    switchboard.release_control(desk.world, desk.app, desk.conversation, reason=reason)
    desk.world.note("ticket", desk.app, desk.conversation)


def merge(desk: Desk, surviving_id: str, *, conversations: bool = False) -> None:
    """Merge the conversation's user into another one."""
    surviving = desk.app.find_user(surviving_id)
    users = [desk.app.users[one.user_id] for one in desk.conversation.participants]
    if surviving is None or not users or users[0] is surviving:
        raise _conflict("Merge needs another user of this app to survive")
    people.merge_users(
        desk.world,
        desk.app,
        surviving=surviving,
        discarded=users[0],
        conversations=conversations,
    )
    desk.world.note("conversation", desk.app, desk.conversation)


def remove_user(desk: Desk) -> None:
    """Delete the conversation's user with everything."""
    for participant in list(desk.conversation.participants):
        people.remove_user(desk.world, desk.app, desk.app.users[participant.user_id])


def delete(desk: Desk) -> None:
    """Delete the conversation."""
    people.remove_conversation(desk.world, desk.app, desk.conversation)


PLAIN: dict[str, Callable[[Desk], object]] = {
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
"""The verbs that need nothing more said."""


def _leave(desk: Desk, activity: str, notice: str, *, reason: str) -> None:
    """Post the notice, then move control as Admin Center's Conversation control says."""
    if tickets.with_agents(desk.app, desk.conversation):
        _notice(desk, activity, notice)
        policy = desk.app.switches.on_ticket_close
        if policy == "release":
            switchboard.release_control(desk.world, desk.app, desk.conversation, reason=reason)
        elif policy == "pass":
            switchboard.pass_control(desk.world, desk.app, desk.conversation, "next", reason=reason)
    desk.world.note("ticket", desk.app, desk.conversation)


def _notice(desk: Desk, activity: str, text: str) -> None:
    if desk.app.switches.activity == "off":
        return
    chat.post(
        desk.world,
        desk.app,
        desk.conversation,
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
    desk: Desk,
    author: Json,
    content: Json,
    *,
    metadata: Json | None = None,
    subtypes: list[str] | None = None,
    source: str = AGENT_WORKSPACE,
) -> Message:
    return chat.post(
        desk.world,
        desk.app,
        desk.conversation,
        author=author,
        content=content,
        source={"type": source},
        metadata=metadata,
        subtypes=subtypes,
    )


def _activity(desk: Desk, event: str, type_: str) -> None:
    author = _author(desk.agent)

    def payload(users: str) -> Json:
        who = shapes.author_json(desk.app, author, subtypes=None, users=users)
        return {"activity": {"type": type_, "author": who, "source": {"type": AGENT_WORKSPACE}}}

    desk.world.emit(desk.app, event, payload, conversation=desk.conversation)


def _conflict(why: str) -> ApiError:
    return ApiError(409, "conflict", why)
