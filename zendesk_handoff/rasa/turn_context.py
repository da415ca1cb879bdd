"""The state of the current turn, read from a tracker's events."""

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
from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.domain.form_answers import MESSAGE, QUESTIONS
from zendesk_handoff.domain.responses import OFFERS
from zendesk_handoff.domain.session import OPEN_NAMES, OVER_NAMES

STATUS = "handoff_status"


@dataclass(frozen=True)
class TurnContext:
    """The state of the current turn.

    Attributes:
        message: The user's last message, where there is one.
        actions: The bot's actions since that message, oldest first.
        rejected: Names of actions that rejected their execution since then.
        answer_taken: Whether a form has filled the slot it asked for from that message.
        turns_since_refusal: The user's messages since they last declined an offer, or since a
            session ended; 0 while the answer to an offer is the last message. `None` where
            neither has happened within the events.
    """

    message: UserUttered | None
    actions: tuple[ActionExecuted, ...]
    rejected: frozenset[str]
    answer_taken: bool
    turns_since_refusal: int | None


def latest_events(events: Reversible[Event], *, messages: int) -> list[Event]:
    """Select the last events, from a message of the user on, without reading a long history.

    Args:
        events: All events, oldest first.
        messages: Messages of the user to go back by.
    """
    found: list[Event] = []
    for event in reversed(events):
        found.append(event)
        messages -= isinstance(event, UserUttered)
        if messages <= 0:
            break
    return found[::-1]


def read_turn_context(events: Sequence[Event]) -> TurnContext:
    """Read the state of the current turn.

    Args:
        events: The last events, oldest first.
    """
    message: UserUttered | None = None
    actions: list[ActionExecuted] = []
    rejected: set[str] = set()
    since: int | None = None
    requested: str | None = None  # the slot that a form asks for
    taken = False
    for event in events:
        if isinstance(event, UserUttered):
            message, actions, rejected, taken = event, [], set(), False
            since = None if since is None else since + 1
        elif isinstance(event, ActionExecutionRejected):
            rejected.add(event.action_name)
        elif isinstance(event, ActionExecuted):
            actions.append(event)
            if event.action_name in OFFERS:
                since = -1  # the answer itself is message 0
        elif isinstance(event, Restarted):
            since = None
        elif isinstance(event, SlotSet):
            if event.key == REQUESTED_SLOT:
                requested = event.value
            elif event.key == requested and not actions:
                taken = event.value is not None
            elif event.key == STATUS and event.value in OVER_NAMES:
                # Also where a new Rasa session carries the slot over: its tracker holds nothing
                # older, and the first message after a handover begins such a session.
                since = 0
    return TurnContext(message, tuple(actions), frozenset(rejected), taken, since)


def is_session_open(slots: Mapping[str, Any]) -> bool:
    """Check whether a handoff session is open.

    Args:
        slots: The tracker's slots, by name.
    """
    return STATUS in slots and slots[STATUS].value in OPEN_NAMES


def is_asking(tracker: DialogueStateTracker) -> bool:
    """Check whether the plugin's own questions are under way: their answers belong to a request.

    Args:
        tracker: The conversation.
    """
    slots = (tracker.slots.get(name) for name in ("handoff_contact", MESSAGE))
    return tracker.active_loop_name in QUESTIONS or any(slot and slot.value for slot in slots)
