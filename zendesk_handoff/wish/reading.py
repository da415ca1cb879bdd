"""Read a message: how likely it asks for a person, whether that is sure, and in which way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from zendesk_handoff.wish.features import Words, placed_features, split_words
from zendesk_handoff.wish.kinds import REQUESTS, Kind
from zendesk_handoff.wish.lexicon import FIRST_NAME
from zendesk_handoff.wish.model import Model, models

#: Characters of a message that are read.
MAX_LENGTH = 1000
#: The least share of known words. Below it the message is in a language that no model was fitted
#: on, where a word or two that look familiar mean nothing.
KNOWN_WORDS = 0.5

#: The probability from which on a request is sure: chosen on the sets that mistakes were looked at,
#: before any other was read with it.
SURE = 0.65
#: The probability from which on a kind that is no request is given.
CLEAR = 0.6

_SENTENCE_END = re.compile(r"[.!?;…\n]+(?:\s+|$)")
_KINDS = tuple(Kind)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A message, read as a request for a person.

    Attributes:
        confidence: The probability that it is one, from 0 to 1.
        is_sure: Whether the confidence reaches `SURE`, in a language that a model knows.
        kind: The kind of request where one is sure; else what it says about a person instead, and
            `OTHER` where that is nothing or not clear.
        why: The words of the message that speak for the kind; empty for `OTHER`.
        language: The language of the model that read it, such as `en`; empty where none knows it.
    """

    confidence: float
    is_sure: bool
    kind: Kind
    why: str
    language: str


NOTHING = Wish(confidence=0.0, is_sure=False, kind=Kind.OTHER, why="", language="")


def read(text: str) -> Wish:
    """Read one message of a user.

    The surest sentence counts, or the whole: "Where is my parcel? Get me a human." is a request.

    Args:
        text: The message; what goes beyond `MAX_LENGTH` characters is not read.
    """
    text = text[:MAX_LENGTH]
    whole = split_words(text)
    known = [(_known(whole, model), model) for model in models()]
    best = max(share for share, _ in known)
    if best < KNOWN_WORDS:
        return NOTHING
    # A message of few words can be in several languages: "agent".
    found = (_read(text, whole, model) for share, model in known if share == best)
    return max(found, key=lambda wish: (wish.is_sure, wish.confidence))


def _read(text: str, whole: Words, model: Model) -> Wish:
    parts = list(filter(_has_words, map(split_words, _SENTENCE_END.split(text))))
    if len(parts) > 1:
        parts.append(whole)  # last: where a sentence is sure by itself, its words are the reason
    probabilities = [model.probabilities(part) for part in parts]
    confidences = [sum(each[kind] for kind in REQUESTS) for each in probabilities]
    is_sure = max(confidences) >= SURE
    surest = max(range(len(parts) - 1), key=confidences.__getitem__, default=-1)
    decisive = surest if confidences[surest] >= SURE else -1
    kind = _kind(probabilities[decisive], is_sure=is_sure)
    return Wish(
        confidence=round(max(confidences), 4),
        is_sure=is_sure,
        kind=kind,
        why=_why(parts[decisive], kind, model) if kind is not Kind.OTHER else "",
        language=model.language,
    )


def _has_words(words: Words) -> bool:
    return bool(words.tokens)


def _kind(probability: Mapping[Kind, float], *, is_sure: bool) -> Kind:
    if is_sure:
        return max(REQUESTS, key=probability.__getitem__)
    likeliest = max(Kind, key=probability.__getitem__)
    is_given = likeliest not in REQUESTS and probability[likeliest] >= CLEAR
    return likeliest if is_given else Kind.OTHER


def _why(words: Words, kind: Kind, model: Model) -> str:
    """Find the words in a row whose n-grams speak most for a kind, against everything else."""
    speaks_for, other = _KINDS.index(kind), _KINDS.index(Kind.OTHER)
    scores = [0.0] * len(words.tokens)
    seen = set()
    for key, first, last in placed_features(words, model.lexicon):
        weights = model.weights.get(key)
        if weights is not None and key not in seen:
            seen.add(key)
            share = (weights[speaks_for] - weights[other]) / (last - first + 1)
            for number in range(first, last + 1):
                scores[number] += share
    first, last = _highest_sum(scores)
    return words.text[words.spans[first][0] : words.spans[last][1]]


def _highest_sum(scores: Sequence[float]) -> tuple[int, int]:
    """Find the row of numbers with the highest sum: its first place and its last."""
    highest, best = -inf, (0, 0)
    total, start = 0.0, 0
    for place, score in enumerate(scores):
        if total <= 0:
            total, start = 0.0, place
        total += score
        if total > highest:
            highest, best = total, (start, place)
    return best


def _known(words: Words, model: Model) -> float:
    """Measure the share of known words, without numbers and names: every language has the same."""
    tokens = [
        token
        for token in words.tokens
        if not token[0].isdigit() and model.lexicon.class_of(token) != FIRST_NAME
    ]
    return sum(map(model.knows, tokens)) / len(tokens) if tokens else 0.0
