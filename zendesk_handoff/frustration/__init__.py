"""The frustration score of a user's last message: from 0 to 1, with reasons in words."""

from zendesk_handoff.frustration.reasons import (
    EXPLANATION_KEY,
    Sign,
    explain,
    in_words,
    is_explanation,
)
from zendesk_handoff.frustration.scoring import (
    DEFAULT_THRESHOLD,
    DEFAULT_WINDOW,
    Frustration,
    score,
)

__all__ = [
    "DEFAULT_THRESHOLD",
    "DEFAULT_WINDOW",
    "EXPLANATION_KEY",
    "Frustration",
    "Sign",
    "explain",
    "in_words",
    "is_explanation",
    "score",
]
