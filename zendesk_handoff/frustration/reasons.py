"""Puts the evidence behind a score into words, for people who read summaries and logs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

#: How many reasons are given at most.
MOST = 4

#: What a piece of evidence must add to the score's logit to be worth telling.
_NOTABLE = 0.25
#: More is needed where many a harmless message adds a little.
_NOTABLE_OF = {"wording": 0.8, "growing": 0.6}

#: Numbers that are one reason together.
_TOGETHER = {
    "wording": ("outrage", "anger", "negative", "worst_sentence", "grim"),
    "growing": ("earlier_outrage", "earlier_profanity", "earlier_worst_sentence", "earlier_signs"),
    "repetitions": ("repetitions", "repetition_of_self"),
    "failures": ("failures", "bot_lost"),
    "refusals": ("refusals", "bot_refuses"),
}


def tell_reasons(
    numbers: Mapping[str, float],
    weights: Mapping[str, float],
    *,
    window: int,
    language: str = "en",
) -> tuple[str, ...]:
    """Say what raised a score, the weightiest first.

    Args:
        numbers: What was measured.
        weights: How much each number counts.
        window: The window that `refusals` is a share of.
        language: Language of the words; English where there is no table for it.
    """
    texts = _texts().get(language, _texts()["en"])
    added = {name: weights.get(name, 0.0) * value for name, value in numbers.items()}
    for name, members in _TOGETHER.items():
        added[name] = sum(added.pop(member, 0.0) for member in members)
    told = dict(added)
    if numbers["repetitions"] < 1:
        told["repetition_of_self"] = told.pop("repetitions")
    if numbers["failures"]:
        told["failures"] = max(told["failures"], _NOTABLE)
    ranked = sorted(told, key=lambda name: -told[name])
    reasons = [
        _fill(texts[name], _count(name, numbers, window))
        for name in ranked
        if told[name] >= _NOTABLE_OF.get(name, _NOTABLE) and name in texts
    ]
    specific = [reason for reason in reasons if reason != texts["signs"]]
    return tuple((specific or reasons)[:MOST])


def explain(reasons: Sequence[str], *, locale: str | None = None) -> str:
    """Say in one sentence why somebody should look after the user.

    Args:
        reasons: As `tell_reasons` gives them, in the same language.
        locale: The language as a tag; English where there is no table for it.
    """
    texts = _texts().get((locale or "en")[:2].lower(), _texts()["en"])
    sentence = texts["why"] if reasons else texts["why_unclear"]
    return str(sentence).format(reasons="; ".join(reasons))


def _count(name: str, numbers: Mapping[str, float], window: int) -> int:
    if name == "repetitions":
        return round(numbers["repetitions"]) + 1
    if name == "failures":
        return round(numbers["failures"] * 3)
    if name == "refusals":
        return round(numbers["refusals"] * window)
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
