"""What the policy leaves in the tracker, so that summaries, logs and analyses can say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered

from zendesk_handoff.domain.responses import OFFER

#: Where it stands in the metadata of the action's event.
KEY = "frustration"
#: The slot that `action_human_handoff` takes the summary's "why" from.
REASON = "handoff_reason"
#: What Rasa's bots call a no. Under another name the reason goes with the next message.
_NO = "deny"


@dataclass(frozen=True)
class Explanation:
    """Why the policy stepped in.

    Attributes:
        wanted: The action that it stepped in for.
        reason: Why, as one sentence for the agent: the slot's value.
        score: How frustrated the user is, from 0 to 1.
        reasons: What the score rests on, in words, the weightiest first.
        threshold: The score that was enough.
    """

    wanted: str
    reason: str
    score: float
    reasons: tuple[str, ...]
    threshold: float

    @classmethod
    def of(cls, done: Sequence[Event]) -> Explanation | None:
        """Find the newest trace among events."""
        for event in reversed(done):
            if isinstance(event, ActionExecuted) and KEY in (event.metadata or {}):
                kept = event.metadata[KEY]
                return cls(**{**kept, "reasons": tuple(kept["reasons"])})
        return None

    def as_dict(self) -> dict[str, Any]:
        """Give the trace as JSON."""
        return {**asdict(self), "reasons": list(self.reasons)}


def is_reason_stale(events: Sequence[Event], slots: Mapping[str, Any]) -> bool:
    """Tell whether the slot holds a reason of the policy's that has had its day.

    An offer's reason lives until the offer has been answered: a yes takes it to the agent, anything
    else does away with it, lest a later handover be told with it. A handover's reason lives as long
    as the handover; one that never came about leaves it behind.

    Args:
        events: The last events, oldest first.
        slots: The tracker's slots, by name.
    """
    slot, trace = slots.get(REASON), Explanation.of(events)
    if slot is None or slot.value is None:
        return False
    if trace is None:
        return _is_carried_over(events)
    if slot.value != trace.reason:
        return False
    after = _after_the_trace(events)
    said = [event for event in after if isinstance(event, UserUttered)]
    if trace.wanted != OFFER:
        return bool(said)
    return (
        len(said) > 1
        or any((one.intent or {}).get("name") == _NO for one in said)
        or any(isinstance(event, SessionStarted) for event in after)
    )


def _is_carried_over(events: Sequence[Event]) -> bool:
    """Tell whether the slot was last set by a new Rasa session, which repeats the old one's."""
    starting = carried = False
    for event in events:
        if isinstance(event, SessionStarted):
            starting = True
        elif isinstance(event, ActionExecuted):
            starting = starting and event.action_name != ACTION_LISTEN_NAME
        elif isinstance(event, SlotSet) and event.key == REASON:
            carried = starting
    return carried


def _after_the_trace(events: Sequence[Event]) -> Sequence[Event]:
    place = max(place for place, event in enumerate(events) if Explanation.of([event]))
    return events[place + 1 :]
