"""The explanation of an intervention in the tracker, for summaries, logs and analyses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet, UserUttered

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.responses import OFFERS
from zendesk_handoff.frustration import EXPLANATION_KEY, Frustration, Sign, explain

#: The slot from which `action_human_handoff` takes the summary's "why".
REASON_SLOT = "handoff_reason"
#: The usual name of a "no" in Rasa's bots. With another one the next message clears the reason.
_DENY = "deny"


@dataclass(frozen=True)
class Explanation:
    """The reason of an intervention.

    Attributes:
        wanted: The action that the policy has predicted, the offer or the handover; in a CALM bot
            the flow that was started.
        reason: One sentence for the agent: the slot's value.
        score: The frustration score, from 0 to 1.
        reasons: The reasons of the score in words, the strongest first.
        threshold: The threshold that the score has reached.
        signs: The reasons in no language: the agents may have another one than the user.
    """

    wanted: str
    reason: str
    score: float
    reasons: tuple[str, ...]
    threshold: float
    signs: tuple[Sign, ...] = ()

    @classmethod
    def of(
        cls, found: Frustration, dialogue: Dialogue, *, wanted: str, threshold: float
    ) -> Explanation:
        """Explain a score.

        Args:
            found: The score.
            dialogue: What was scored; its language is the reason's.
            wanted: What is to be done.
            threshold: The threshold that the score has reached.
        """
        return cls(
            wanted=wanted,
            reason=explain(found.reasons, locale=dialogue.locale),
            score=found.score,
            reasons=found.reasons,
            threshold=threshold,
            signs=found.signs,
        )

    @classmethod
    def latest(cls, events: Sequence[Event]) -> Explanation | None:
        """Find the latest explanation among events."""
        for event in reversed(events):
            if isinstance(event, ActionExecuted) and EXPLANATION_KEY in (event.metadata or {}):
                found = event.metadata[EXPLANATION_KEY]
                signs = tuple(Sign(*each) for each in found.get("signs", ()))
                return cls(**{**found, "reasons": tuple(found["reasons"]), "signs": signs})
        return None

    def as_dict(self) -> dict[str, Any]:
        """Build the JSON value for the event's metadata."""
        signs = [list(each) for each in self.signs]
        return {**asdict(self), "reasons": list(self.reasons), "signs": signs}


def is_reason_stale(events: Sequence[Event], slots: Mapping[str, Any]) -> bool:
    """Check whether the slot holds a reason of the policy that is no longer valid.

    An offer's reason is valid until the offer has been answered: a "yes" takes it to the agent,
    anything else makes it stale, so that no later handover gets it. A handover's reason is valid
    as long as the handover, and stale after one that failed.

    Args:
        events: The last events, oldest first.
        slots: The tracker's slots, by name.
    """
    slot, explanation = slots.get(REASON_SLOT), Explanation.latest(events)
    if slot is None or slot.value is None:
        return False
    if explanation is None:
        return _is_carried_over(events)
    if slot.value != explanation.reason:
        return False
    after = _after_explanation(events)
    messages = [event for event in after if isinstance(event, UserUttered)]
    if explanation.wanted not in OFFERS:
        return bool(messages)
    return (
        len(messages) > 1
        or any((one.intent or {}).get("name") == _DENY for one in messages)
        or any(isinstance(event, SessionStarted) for event in after)
    )


def _is_carried_over(events: Sequence[Event]) -> bool:
    """Check whether the slot was last set by a new Rasa session, which repeats the slots."""
    starting = carried = False
    for event in events:
        if isinstance(event, SessionStarted):
            starting = True
        elif isinstance(event, ActionExecuted):
            starting = starting and event.action_name != ACTION_LISTEN_NAME
        elif isinstance(event, SlotSet) and event.key == REASON_SLOT:
            carried = starting
    return carried


def _after_explanation(events: Sequence[Event]) -> Sequence[Event]:
    index = max(at for at, event in enumerate(events) if Explanation.latest([event]))
    return events[index + 1 :]
