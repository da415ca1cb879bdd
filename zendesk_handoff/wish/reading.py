"""Read a message: how likely it asks for a person, and whether that is sure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum

from zendesk_handoff.wish.features import Words, features_of, split_words
from zendesk_handoff.wish.model import Model, model

#: Characters of a message that are read.
MAX_LENGTH = 1000
#: The least share of known words. Below it the message is in a language that the model was not
#: fitted on, where a word or two that look familiar mean nothing.
KNOWN_WORDS = 0.5

_SENTENCE_END = re.compile(r"[.!?;…\n]+(?:\s+|$)")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A message, read as a request for a person.

    Attributes:
        confidence: The probability that it is one, from 0 to 1.
        is_sure: Whether the confidence reaches the model's threshold, in a language that the model
            knows.
    """

    confidence: float
    is_sure: bool


def read(text: str) -> Wish:
    """Read one message of a user.

    The surest sentence counts, or the whole: "Where is my parcel? Get me a human." is a request.

    Args:
        text: The message; what goes beyond `MAX_LENGTH` characters is not read.
    """
    text = text[:MAX_LENGTH]
    whole = split_words(text)
    fitted = model()
    parts = [whole, *map(split_words, _SENTENCE_END.split(text))]
    confidence = max(_confidence(part, fitted) for part in parts)
    return Wish(
        confidence=round(confidence, 4),
        is_sure=confidence >= fitted.threshold and _known(whole.tokens, fitted) >= KNOWN_WORDS,
    )


def _confidence(words: Words, fitted: Model) -> float:
    if not words.tokens:
        return 0.0
    features = features_of(words, fitted.lexicon)
    logit = fitted.intercept + fsum(fitted.weights.get(key, 0.0) for key in features)
    return 1 / (1 + exp(-logit)) if logit > 0 else exp(logit) / (1 + exp(logit))


def _known(tokens: Sequence[str], fitted: Model) -> float:
    """Measure the share of known words. Numbers are left out: every language has the same."""
    words = [token for token in tokens if not token[0].isdigit()]
    return sum(map(fitted.knows, words)) / len(words) if words else 0.0
