"""Slots that the actions set, where a bot's domain has them."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet

from zendesk_handoff.domain.form_answers import MESSAGE, TOPIC


def set_slots(tracker: Tracker, **values: str | None) -> list[EventType]:
    """Return the events that set those slots which the domain has.

    Args:
        tracker: The conversation.
        **values: The values by slot.
    """
    return [SlotSet(name, value) for name, value in values.items() if name in tracker.slots]


def record_outcome(
    tracker: Tracker, status: str, *, reason: str | None = None, opens: str | None = None
) -> list[EventType]:
    """Return the events that tell rules and actions of the bot what became of a request.

    The questions that were asked before are asked again before the next one.

    Args:
        tracker: The conversation.
        status: The slot ``handoff_status``.
        reason: Why a human is asked for, as long as the request is under way.
        opens: When somebody is there again, ISO 8601.
    """
    return set_slots(
        tracker,
        handoff_status=status,
        handoff_reason=reason,
        handoff_end_reason=None,
        handoff_opens=opens,
        handoff_contact=None,
        **{MESSAGE: None, TOPIC: None},
    )
