"""Messages and activity of an agent.

An agent's message has a business author with a name, `source.type` `zd:agentWorkspace`, and
`__zendesk_msg.agent.id` in the metadata, as messages recorded from real accounts have.
"""

from __future__ import annotations

import re

from .. import chat, serializers, switchboard
from ..errors import ApiError
from ..ids import new_id
from ..records import AGENT_WORKSPACE, Agent, Json, Message
from .context import AgentContext

_COMMAND = re.compile(r"%\(\(switchboard:passControl(?::([A-Za-z0-9_-]+))?\)\)%")


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
    if context.app.switches.agent_typing:
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
