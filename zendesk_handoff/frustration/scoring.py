"""The frustration score: a logistic regression over features of message and context."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp

from zendesk_handoff.domain.dialogue import Dialogue, Turn
from zendesk_handoff.frustration.context import context, found_in
from zendesk_handoff.frustration.phrases import detect_language
from zendesk_handoff.frustration.reasons import Sign, in_words, signs_of
from zendesk_handoff.frustration.service import service
from zendesk_handoff.frustration.wording import clean, wording

#: At or above it a user counts as frustrated. The weights are shifted so that it is .5.
DEFAULT_THRESHOLD = 0.5

#: How many earlier messages of the user, and of the bot, still count.
DEFAULT_WINDOW = 4

#: What a bot may do with the first request of a dialogue without annoying anybody: to say no, or
#: to ask back. It counts from the second message of the user on that it follows.
EXCUSED_ONCE = "bot_refuses bot_no_result bot_sorry bot_asks_for_change bot_narrows goes_on".split()


@dataclass(frozen=True)
class Frustration:
    """The score of the user's last message.

    Attributes:
        score: From 0 (content) to 1.
        escalate: Whether the score reaches the threshold.
        reasons: The reasons in words, the strongest first; empty where nothing stands out.
        features: The measured features, by name.
        signs: The same reasons in no language, for readers of another one.
    """

    score: float
    escalate: bool
    reasons: tuple[str, ...]
    features: Mapping[str, float]
    signs: tuple[Sign, ...] = ()


def score(
    dialogue: Dialogue,
    *,
    threshold: float = DEFAULT_THRESHOLD,
    window: int = DEFAULT_WINDOW,
    locale: str | None = None,
) -> Frustration:
    """Score the last message of the user in a dialogue.

    Args:
        dialogue: The dialogue. Messages of the bot after the user's last one are left out.
        threshold: The score from which on to escalate, between 0 and 1.
        window: How many earlier messages of the user, and of the bot, still count.
        locale: Language of the reasons; the dialogue's own by default.
    """
    turns = _up_to_last_user(dialogue)
    if not turns:
        return Frustration(0.0, False, (), {})
    language = detect_language(_recent_texts(turns, window), locale=dialogue.locale)
    features = measure(turns, language=language, window=window)
    weights = _weights()
    logit = weights["intercept"] + sum(
        weights.get(name, 0.0) * value for name, value in features.items()
    )
    value = 1 / (1 + exp(-logit))
    signs = signs_of(features, weights, window=window)
    return Frustration(
        score=round(value, 4),
        escalate=value >= threshold,
        reasons=in_words(signs, locale=locale or dialogue.locale),
        features=features,
        signs=signs,
    )


def measure(turns: tuple[Turn, ...], *, language: str, window: int) -> dict[str, float]:
    """Measure all features of the score.

    Args:
        turns: The dialogue up to and with a message of the user.
        language: The language of the word list.
        window: How many earlier messages still count.
    """
    last = turns[-1].text
    message = wording(last, language=language)
    opening = float(len(turns) == 1)
    asked = sum(turn.speaker == "user" for turn in turns[:-1])
    served = {
        **context(turns, language=language, window=window),
        **service(turns, language=language, window=window),
    }
    return {
        **message,
        **served,
        **{name: served[name] * (asked > 1) for name in EXCUSED_ONCE},
        "refusing": message["refusing"] * (1 - opening),  # nothing can be refused yet
        # A user who begins with a request is not frustrated with the bot yet.
        "opening_request": opening * float("request" in found_in(last, language)),
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
