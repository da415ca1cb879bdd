"""A session: one handover, from the request for a human to the bot's return."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class State(str, enum.Enum):
    """Where a session stands.

    ``requested → opening → waiting → active → ended``, or ``failed``. The store's state is the
    truth: neither Rasa's tracker nor an event's idea of who is in control decides.
    """

    REQUESTED = "requested"
    OPENING = "opening"
    WAITING = "waiting"
    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        """Whether the user's messages go to the agents."""
        return self in OPEN


OPEN = frozenset({State.REQUESTED, State.OPENING, State.WAITING, State.ACTIVE})
#: The same as the store, the tracker and metrics write them.
OPEN_NAMES = tuple(sorted(state.value for state in OPEN))
OVER_NAMES = tuple(sorted(state.value for state in State if state not in OPEN))


class Step(str, enum.Enum):
    """What opening a session consists of, in order.

    ``TAKE_CONTROL`` and ``OFFER_CONTROL`` belong to an account that has us in its switchboard.
    """

    USER = "user"
    CONVERSATION = "conversation"
    TAKE_CONTROL = "take_control"
    SUMMARY = "summary"
    PASS_CONTROL = "pass_control"
    OFFER_CONTROL = "offer_control"


class EndReason(str, enum.Enum):
    """Why a session ended: the slot ``handoff_end_reason``."""

    AGENT = "agent"
    TICKET_CLOSED = "ticket_closed"
    MOVED_TO_EMAIL = "moved_to_email"
    PASSED_ON = "passed_on"
    CONVERSATION_REMOVED = "conversation_removed"
    USER = "user"
    BOT = "bot"
    OPERATOR = "operator"
    NO_AGENT = "no_agent"
    AGENT_SILENT = "agent_silent"
    USER_SILENT = "user_silent"


class Candidate(NamedTuple):
    """What there is to know of a session to tell whether an event is its, and of any use to it.

    A whole session costs ten times as much to read, and events come by the thousand. The fields
    are those of ``Session``.
    """

    id: str
    connector_id: str
    conversation_id: str | None
    is_open: bool
    ended_at: float | None


@dataclass(frozen=True)
class Session:
    """One handover.

    Args:
        id: Ours, 32 hexadecimal characters; also in the Zendesk conversation's metadata.
        connector_id: The connector it goes through.
        workspace: The tenant it belongs to.
        sender_id: Rasa's id of the user.
        channel: The name of the Rasa channel the user was last heard on.
        state: Where it stands.
        reason: Why a human was asked for.
        end_reason: Why it ended.
        summary: What the agent reads first.
        profile: ``givenName``, ``surname``, ``email``, ``locale`` of the user, where known.
        user_id: Zendesk's id of the user.
        conversation_id: Zendesk's id of the conversation.
        summary_message_id: Zendesk's id of the summary, the conversation's first message.
        step: The last step of opening that is done.
        trying: The step that has been begun; after a crash its outcome is in doubt.
        agent_id: Zendesk's id of the agent who wrote last.
        agent_name: Their name.
        created_at: Seconds since the epoch.
        connected_at: When control had been passed, likewise.
        ended_at: Likewise.
        announced: Whether user and tracker know that the agents are there.
        user_spoke_at: When the user's last message was stored, likewise.
        agent_spoke_at: When an agent's last message was shown, likewise.
        reminded_at: When the user was last told that the wait goes on, likewise.
        offered_at: When the user was offered the way back to the bot, likewise.
        reconciled_at: When Zendesk was last asked what its events may not have told, likewise.
        told: Whether the user and the tracker know of the end.
        closed: Whether nothing is left to do, the new Rasa session included.
    """

    id: str
    connector_id: str
    workspace: str
    sender_id: str
    channel: str
    state: State
    reason: str = ""
    end_reason: str | None = None
    summary: str = field(default="", repr=False)
    profile: Mapping[str, str] = field(default_factory=dict, repr=False)
    user_id: str | None = None
    conversation_id: str | None = None
    summary_message_id: str | None = None
    step: Step | None = None
    pending_step: Step | None = None
    agent_id: str | None = None
    agent_name: str | None = field(default=None, repr=False)
    created_at: float = 0.0
    connected_at: float | None = None
    ended_at: float | None = None
    start_notified: bool = False
    user_spoke_at: float | None = None
    agent_spoke_at: float | None = None
    reminded_at: float | None = None
    offered_at: float | None = None
    reconciled_at: float = 0.0
    end_notified: bool = False
    finalized: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the user's messages go to the agents."""
        return self.state.is_open
