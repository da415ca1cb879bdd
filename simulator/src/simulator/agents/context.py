"""The agent, conversation and account of an agent's action."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from .. import tickets
from ..errors import ApiError
from ..records import Agent, App, Conversation, Ticket
from ..state import State

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
            raise conflict("No ticket: control was never passed to the agents")
        if ticket.status == "closed":
            raise conflict("The ticket is closed")
        if ticket.session == "ended":
            raise conflict("The messaging session has ended")
        if not tickets.with_agents(self.app, self.conversation):
            raise conflict("Control is not with the agents")
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


def conflict(why: str) -> ApiError:
    """Return the 409 of an action that an agent could not perform now."""
    return ApiError(409, "conflict", why)
