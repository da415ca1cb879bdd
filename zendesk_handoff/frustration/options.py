"""The options by which a bot's designer says when the score has effects, and which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zendesk_handoff.frustration.scoring import DEFAULT_THRESHOLD, DEFAULT_WINDOW
from zendesk_handoff.settings.schema import setting
from zendesk_handoff.settings.values import one_of, share, whole_number


@dataclass(frozen=True)
class InterventionOptions:
    """The options that the policy of a bot of intents and the command generator of CALM share."""

    mode: Literal["offer", "escalate"] = setting(
        one_of("offer", "escalate"),
        "`offer` asks a frustrated user whether they want a person; `escalate` hands over at once.",
        default="offer",
    )
    threshold: float = setting(
        share,
        "The score from which on a user counts as frustrated, above 0 and up to 1.",
        default=DEFAULT_THRESHOLD,
    )
    window: int = setting(
        whole_number(1),
        "How many earlier messages of the user, and of the bot, still count.",
        default=DEFAULT_WINDOW,
    )
    cooldown: int = setting(
        whole_number(0),
        'How many messages of the user pass after a "no", or after an ended or failed session, '
        "before a frustrated user is noticed again; 0 for none.",
        default=3,
    )

    def threshold_for(self, *, answer: bool) -> float:
        """Return the threshold for a message.

        Args:
            answer: Whether it answers a question of the bot's. "Awful quality" may be the reason of
                a return that the bot has just asked for, and "terrible" the answer to "How are
                you?": bad mood alone stays below the threshold then, insults do not.
        """
        return (3 + self.threshold) / 4 if answer else self.threshold
