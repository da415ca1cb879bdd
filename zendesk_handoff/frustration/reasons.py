"""The reasons of a score in words, for summaries and logs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from zendesk_handoff.domain.language import ENGLISH, language_of

#: Reasons at most.
MAX_REASONS = 4

#: The least that a reason must add to the score's logit.
_LEAST = 0.25
#: The same for features to which harmless messages often add a little.
_LEAST_OF = {"wording": 0.8, "growing": 0.6, "refusals": 0.5, "unserved": 0.4, "doubting": 0.3}

#: Features that are one reason together.
_TOGETHER = {
    "wording": ("outrage", "anger", "negative", "worst_sentence", "negative_emoji"),
    "growing": ("earlier_outrage", "earlier_profanity", "earlier_worst_sentence", "earlier_signs"),
    "failures": ("failures", "bot_lost"),
    "refusals": ("refusals", "bot_refuses", "bot_no_result", "goes_on", "bot_sorry"),
    "unserved": ("unanswered", "bot_asks_known", "bot_narrows"),
    "searching": ("alternative",),
    "refusing": ("refusing", "rejecting"),
}


#: The key of the policy's explanation in the metadata of its action's event.
EXPLANATION_KEY = "frustration"


class Sign(NamedTuple):
    """A sign of frustration, in no language yet.

    Attributes:
        name: Of the feature, or of several that are one reason together.
        times: How often, where that is said.
    """

    name: str
    times: int


def signs_of(
    features: Mapping[str, float], weights: Mapping[str, float], *, window: int
) -> tuple[Sign, ...]:
    """List the signs behind a score, the strongest first.

    Args:
        features: The measured features.
        weights: The weight of each feature.
        window: The window that `refusals` is a share of.
    """
    known = texts_of(ENGLISH)
    added = {name: weights.get(name, 0.0) * value for name, value in features.items()}
    for name, members in _TOGETHER.items():
        added[name] = sum(added.pop(member, 0.0) for member in members)
    parts = dict(added)
    if features["failures"]:
        parts["failures"] = max(parts["failures"], _LEAST)
    signs = [
        Sign(name, _count(name, features, window))
        for name in sorted(parts, key=lambda name: -parts[name])
        if parts[name] >= _LEAST_OF.get(name, _LEAST) and name in known
    ]
    specific = [sign for sign in signs if sign.name != "signs"]
    return tuple((specific or signs)[:MAX_REASONS])


def in_words(signs: Iterable[Sign], *, locale: str | None = None) -> tuple[str, ...]:
    """Name signs in a language.

    Args:
        signs: As `signs_of` gives them; one that is not known any more is left out.
        locale: The language as a tag; English where there is no table for it.
    """
    texts = texts_of(language_of(locale))
    return tuple(_fill(texts[sign.name], sign.times) for sign in signs if sign.name in texts)


def explain(reasons: Sequence[str], *, locale: str | None = None) -> str:
    """Explain in one sentence why a human should take over.

    Args:
        reasons: As `in_words` gives them, in the same language.
        locale: The language as a tag; English where there is no table for it.
    """
    texts = texts_of(language_of(locale))
    sentence = texts["why"] if reasons else texts["why_unclear"]
    return str(sentence).format(reasons="; ".join(reasons))


def is_explanation(sentence: str) -> bool:
    """Tell whether a sentence is one of `explain`'s, in any language.

    Args:
        sentence: The reason of a handover.
    """
    for texts in _texts().values():
        before, _, after = str(texts["why"]).partition("{reasons}")
        if sentence == texts["why_unclear"] or (
            sentence.startswith(before) and sentence.endswith(after)
        ):
            return True
    return False


def texts_of(language: str) -> Mapping[str, str | dict[str, str]]:
    """Look up the reasons' texts in a language; English where there is no table for it."""
    return _texts().get(language, _texts()[ENGLISH])


def _count(name: str, features: Mapping[str, float], window: int) -> int:
    if name == "repetitions":
        return round(features["repetitions"]) + 1
    if name == "failures":
        return round(features["failures"] * 3)
    if name == "refusals":
        return max(1, round(features["refusals"] * window))
    return 1


def _fill(text: str | dict[str, str], count: int) -> str:
    if isinstance(text, str):
        return text
    return text.get(str(count)) or text["many"].format(count=count)


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str | dict[str, str]]]:
    table: dict[str, dict[str, str | dict[str, str]]] = json.loads(
        (files(__package__) / "reasons.json").read_text(encoding="utf-8")
    )
    return table
