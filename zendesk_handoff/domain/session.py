"""A session: one handover, from the request for a human to the bot's return."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zendesk_handoff.domain.native import NATIVE_CHANNEL


class State(str, enum.Enum):
    """The state of a session: ``requested → opening → waiting → active → ended``, or ``failed``.

    The store's state is authoritative: Rasa's tracker and Zendesk's events can be stale.
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
#: The values that the store, the tracker and metrics use.
OPEN_NAMES = tuple(sorted(state.value for state in OPEN))
OVER_NAMES = tuple(sorted(state.value for state in State if state not in OPEN))
#: States before control is passed to the agents, and after it.
OPENING_NAMES = (State.REQUESTED.value, State.OPENING.value)
WITH_AGENTS_NAMES = (State.WAITING.value, State.ACTIVE.value)
#: Seconds after the time for taking a request up, in which it is left to the action that wrote it:
#: that one answers the user itself. Then the action has died.
ACTION_GRACE = 5.0


class Step(str, enum.Enum):
    """A step of opening a session, in order.

    ``TAKE_CONTROL`` and ``OFFER_CONTROL`` are for integrations that are part of the switchboard,
    ``TRANSCRIPT`` is for connectors whose settings ask for it;
    ``MESSAGE`` is for a message that was left while nobody was there.
    """

    USER = "user"
    CONVERSATION = "conversation"
    TAKE_CONTROL = "take_control"
    TRANSCRIPT = "transcript"
    SUMMARY = "summary"
    MESSAGE = "message"
    PASS_CONTROL = "pass_control"
    OFFER_CONTROL = "offer_control"


class EndReason(str, enum.Enum):
    """The reason of a session's end: the slot ``handoff_end_reason``."""

    AGENT = "agent"
    SOLVED = "solved"
    TICKET_CLOSED = "ticket_closed"
    MOVED_TO_EMAIL = "moved_to_email"
    PASSED_ON = "passed_on"
    CONVERSATION_REMOVED = "conversation_removed"
    NOT_PASSED = "not_passed"
    USER = "user"
    BOT = "bot"
    OPERATOR = "operator"
    NO_AGENT = "no_agent"
    AGENT_SILENT = "agent_silent"
    USER_SILENT = "user_silent"
    MESSAGE_LEFT = "message_left"


#: Ends by the agents' side, or by Zendesk. Ends by us have a closing note, behind the last message.
ENDS_BY_ZENDESK = frozenset(
    {
        EndReason.AGENT,
        EndReason.SOLVED,
        EndReason.TICKET_CLOSED,
        EndReason.MOVED_TO_EMAIL,
        EndReason.PASSED_ON,
        EndReason.CONVERSATION_REMOVED,
        EndReason.NOT_PASSED,
    }
)
BY_ZENDESK_NAMES = tuple(sorted(reason.value for reason in ENDS_BY_ZENDESK))


@dataclass(frozen=True)
class Session:
    """One handover.

    Args:
        id: The plugin's id, 32 hexadecimal characters; also in the Zendesk conversation's metadata.
        connector_id: The connector that it uses.
        workspace: The tenant that it belongs to.
        sender_id: Rasa's id of the user.
        channel: The name of the Rasa channel of the user's last message.
        state: The state.
        reason: The reason for asking for a human.
        end_reason: The reason of the end.
        reference: A secret by which Zendesk's triggers name the session; it stands in the ticket.
        summary: The summary for the agent.
        transcript: What the user and the bot have said, in messages for the agent; empty unless the
            settings ask for it.
        message: The message that the user has left while nobody was there. Such a session is over
            once the agents have control, and the bot goes on. ``None`` for a handover.
        profile: ``givenName``, ``surname``, ``email``, ``locale`` of the user, those known.
        origins: The origin of the profile's ``name`` and ``email``: see ``domain.identity``. What
            has none was told by the user.
        subject: The user's id at the site that has vouched for them; ``None`` without one.
        ticket: The fields of the ticket, as ``Ticket.to_json`` writes them; ``None`` for sessions
            from before.
        ticket_since: Since when there is something to set in the ticket through the Support API.
        address: Where in that channel the conversation takes place, as the channel's adapter
            describes it; ``None`` if it is not known.
        choices: What the user was last offered to choose from by an agent, each with its ``title``
            and ``payload``; ``None`` if nothing is open.
        user_id: Zendesk's id of the user.
        external_id: The user's ``externalId`` there: see ``domain.identity``.
        conversation_id: Zendesk's id of the conversation.
        summary_message_id: Zendesk's id of the summary, the session's first message for reading.
        transcript_message_id: Zendesk's id of the transcript's first message, before the summary.
        step: The last step of opening that is recorded.
        pending_step: The step that was begun; after a crash its outcome is unknown.
        agent_id: Zendesk's id of the agent who wrote last.
        agent_name: The name of that agent.
        created_at: When it was requested, in seconds since the epoch, as are all times.
        take_up_until: Until when a Rasa server may take the request up.
        connected_at: When control was passed to the agents.
        answered_at: When the first agent wrote.
        ended_at: When it ended.
        start_notified: Whether the user and the tracker are notified of the start.
        user_spoke_at: When the user's last message was stored.
        agent_spoke_at: When an agent's last message was delivered.
        reminded_at: When the user was last reminded that the wait goes on.
        offered_at: When the user was offered to return to the bot.
        delay_notified_at: When the user was last told that a message has not reached the agents.
        next_deadline: When the inactivity rules are to be looked at again, at the latest.
        reconciled_at: When the session was last reconciled with Zendesk.
        end_notified: Whether the user and the tracker are notified of the end.
        rating_asked_at: When the user was asked for a rating.
        rating: The user's rating, 1 to 5.
        finalized: Whether nothing is left to do, the new Rasa session included.
    """

    id: str
    connector_id: str
    workspace: str
    sender_id: str
    channel: str
    state: State
    reason: str = ""
    end_reason: str | None = None
    reference: str | None = field(default=None, repr=False)
    summary: str = field(default="", repr=False)
    transcript: Sequence[str] = field(default=(), repr=False)
    message: str | None = field(default=None, repr=False)
    profile: Mapping[str, str] = field(default_factory=dict, repr=False)
    origins: Mapping[str, str] | None = field(default=None, repr=False)
    subject: str | None = field(default=None, repr=False)
    ticket: Mapping[str, Any] | None = field(default=None, repr=False)
    ticket_since: float | None = None
    address: Mapping[str, Any] | None = field(default=None, repr=False)
    choices: Sequence[Mapping[str, str]] | None = field(default=None, repr=False)
    user_id: str | None = None
    external_id: str | None = field(default=None, repr=False)
    conversation_id: str | None = None
    summary_message_id: str | None = None
    transcript_message_id: str | None = None
    step: Step | None = None
    pending_step: Step | None = None
    agent_id: str | None = None
    agent_name: str | None = field(default=None, repr=False)
    created_at: float = 0.0
    take_up_until: float = 0.0
    connected_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    start_notified: bool = False
    user_spoke_at: float | None = None
    agent_spoke_at: float | None = None
    reminded_at: float | None = None
    offered_at: float | None = None
    delay_notified_at: float | None = None
    next_deadline: float = 0.0
    reconciled_at: float = 0.0
    end_notified: bool = False
    rating_asked_at: float | None = None
    rating: int | None = None
    finalized: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the user's messages go to the agents."""
        return self.state.is_open

    @property
    def is_native(self) -> bool:
        """Whether user, bot and agents share one conversation at Zendesk."""
        return self.channel == NATIVE_CHANNEL

    @property
    def start_key(self) -> str:
        """The key of the words by which the user hears of the start."""
        return f"{self.id}:started"

    @property
    def has_reached_agents(self) -> bool:
        """Whether the agents had the conversation, of a session that is over."""
        return self.state is State.ENDED and self.end_reason != EndReason.NOT_PASSED

    @property
    def leaves_messages_to_bot(self) -> bool:
        """Whether the bot answers the user's messages that no agent has seen.

        The agents have let go, or never had control: they would not see what is sent now.
        """
        return leaves_messages_to_bot(self.state.value, self.end_reason)


def leaves_messages_to_bot(state: str, end_reason: str | None) -> bool:
    """Tell the same by a session's state and the reason of its end, as the store has them."""
    by_zendesk = state == State.ENDED.value and end_reason in BY_ZENDESK_NAMES
    return by_zendesk or state == State.FAILED.value


@dataclass(frozen=True)
class Crossing:
    """The user's messages around the time at which the agents let go of a conversation.

    Args:
        seen: Markers of messages that Zendesk had before.
        unseen: Markers of messages that it has got since then.
        released_at: When the agents let go, in seconds since the epoch, where Zendesk's messages
            could not be listed: what was stored later is unseen.
    """

    seen: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    released_at: float | None = None


@dataclass(frozen=True)
class Work:
    """A session with what is stored for it and has not arrived yet.

    Args:
        session: The session.
        unsent_since: When the oldest message that Zendesk is to get was stored; ``None`` without
            one. Of a session that has failed the bot answers the user's messages.
        has_events: Whether the inbox has an event that is not done.
    """

    session: Session
    unsent_since: float | None = None
    has_events: bool = False
