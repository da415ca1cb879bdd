"""How much the user has had enough: a score from 0 to 1, with reasons in words."""

from zendesk_handoff.frustration.judge import (
    DEFAULT_THRESHOLD,
    DEFAULT_WINDOW,
    Frustration,
    score,
)
from zendesk_handoff.frustration.reasons import explain

__all__ = ["DEFAULT_THRESHOLD", "DEFAULT_WINDOW", "Frustration", "explain", "score"]
