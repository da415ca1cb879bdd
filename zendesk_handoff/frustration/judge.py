"""Judges whether a user has had enough."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp

from zendesk_handoff.domain.dialogue import Dialogue, Turn
from zendesk_handoff.frustration.context import context
from zendesk_handoff.frustration.phrases import language_of
from zendesk_handoff.frustration.reasons import tell_reasons
from zendesk_handoff.frustration.wording import clean, wording

#: At or above it a user counts as frustrated. Weights are scaled so that it sits in the middle.
DEFAULT_THRESHOLD = 0.5

#: How many earlier messages of the user, and of the bot, still count.
DEFAULT_WINDOW = 4


@dataclass(frozen=True)
class Frustration:
    """A judgement on the user's last message.

    Attributes:
        score: From 0 (content) to 1.
        escalate: Whether the score reaches the threshold.
        reasons: Why, in words, the weightiest first; empty where nothing stands out.
        numbers: What was measured, by name.
    """

    score: float
    escalate: bool
    reasons: tuple[str, ...]
    numbers: Mapping[str, float]


def score(
    dialogue: Dialogue,
    *,
    threshold: float = DEFAULT_THRESHOLD,
    window: int = DEFAULT_WINDOW,
    locale: str | None = None,
) -> Frustration:
    """Score the last message of the user in a dialogue.

    Args:
        dialogue: What was said. What the bot said after the user's last message is left out.
        threshold: From which score on to escalate, between 0 and 1.
        window: How many earlier messages of the user, and of the bot, still count.
        locale: Language of the reasons; the dialogue's own by default.
    """
    turns = _up_to_last_user(dialogue)
    if not turns:
        return Frustration(0.0, False, (), {})
    language = language_of(_recent_texts(turns, window), locale=dialogue.locale)
    numbers = measure(turns, language=language, window=window)
    weights = _weights()
    logit = weights["intercept"] + sum(
        weights.get(name, 0.0) * value for name, value in numbers.items()
    )
    value = 1 / (1 + exp(-logit))
    return Frustration(
        score=round(value, 4),
        escalate=value >= threshold,
        reasons=tell_reasons(
            numbers,
            weights,
            window=window,
            language=(locale or dialogue.locale or "en")[:2].lower(),
        ),
        numbers=numbers,
    )


def measure(turns: tuple[Turn, ...], *, language: str, window: int) -> dict[str, float]:
    """Give all numbers that the score is made of.

    Args:
        turns: The dialogue up to and with a message of the user.
        language: Which word list to use.
        window: How many earlier messages still count.
    """
    said = wording(turns[-1].text, language=language)
    opening = float(len(turns) == 1)
    return {
        **said,
        **context(turns, language=language, window=window),
        "refusing": said["refusing"] * (1 - opening),  # there is nothing yet to refuse
        # Who begins with a request gives the bot its chance, however they put it.
        "opening_request": opening * said["request"],
        "brief_opening": opening * said["brevity"],
    }


def _up_to_last_user(dialogue: Dialogue) -> tuple[Turn, ...]:
    turns = dialogue.turns
    while turns and turns[-1].speaker != "user":
        turns = turns[:-1]
    return turns


def _recent_texts(turns: tuple[Turn, ...], window: int) -> list[str]:
    return [clean(turn.text) for turn in turns if turn.speaker == "user"][-max(window, 1) :]


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads(
        (files(__package__) / "weights.json").read_text(encoding="utf-8")
    )
    return weights
