"""Reads from a tracker's events where a conversation stands, for a policy to judge."""

from __future__ import annotations

from collections.abc import Mapping, Reversible, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    Event,
    Restarted,
    SlotSet,
    UserUttered,
)

from zendesk_handoff.domain.responses import OFFER
from zendesk_handoff.domain.session import OPEN_NAMES, OVER_NAMES

STATUS = "handoff_status"


@dataclass(frozen=True)
class TurnContext:
    """Where a conversation stands.

    Attributes:
        message: The user's last message, where there is one.
        done: What the bot has done since, oldest first.
        rejected: Actions that refused to run since.
        answer_taken: Whether a form was asking, and got its answer from that message.
        turns_since_refusal: How many messages the user has written since they last turned down an
            offer, or since a session ended; 0 while the answer to an offer is the last message.
            `None` where neither has happened within the events.
    """

    message: UserUttered | None
    done: tuple[ActionExecuted, ...]
    rejected: frozenset[str]
    answer_taken: bool
    turns_since_refusal: int | None


def latest(events: Reversible[Event], *, messages: int) -> list[Event]:
    """Give the last events, from a message of the user on: a long history costs nothing.

    Args:
        events: All events, oldest first.
        messages: How many messages of the user to reach back.
    """
    found: list[Event] = []
    for event in reversed(events):
        found.append(event)
        messages -= isinstance(event, UserUttered)
        if messages <= 0:
            break
    return found[::-1]


def read_turn_context(events: Sequence[Event]) -> TurnContext:
    """Read where the conversation stands.

    Args:
        events: The last events, oldest first.
    """
    message: UserUttered | None = None
    done: list[ActionExecuted] = []
    rejected: set[str] = set()
    since: int | None = None
    asked: str | None = None  # the slot that a form asks for
    taken = False
    for event in events:
        if isinstance(event, UserUttered):
            message, done, rejected, taken = event, [], set(), False
            since = None if since is None else since + 1
        elif isinstance(event, ActionExecutionRejected):
            rejected.add(event.action_name)
        elif isinstance(event, ActionExecuted):
            done.append(event)
            if event.action_name == OFFER:
                since = -1  # the answer comes first
        elif isinstance(event, Restarted):
            since = None
        elif isinstance(event, SlotSet):
            if event.key == REQUESTED_SLOT:
                asked = event.value
            elif event.key == asked and not done:
                taken = event.value is not None
            elif event.key == STATUS and event.value in OVER_NAMES:
                # Also where a new Rasa session carries it over: the tracker then holds nothing
                # older, and the bot begins one for the first message after the agents.
                since = 0
    return TurnContext(message, tuple(done), frozenset(rejected), taken, since)


def is_session_open(slots: Mapping[str, Any]) -> bool:
    """Tell whether the user is with the agents, or on the way to them.

    Args:
        slots: The tracker's slots, by name.
    """
    return STATUS in slots and slots[STATUS].value in OPEN_NAMES
