"""The fitted model: word classes, a weight for each n-gram, and the threshold.

`python -m benchmarks.intent --fit` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from zendesk_handoff.wish.features import WORD
from zendesk_handoff.wish.lexicon import SOMETHING, Lexicon


@dataclass(frozen=True)
class Model:
    """A logistic regression over the n-grams of a message.

    Attributes:
        lexicon: The word classes.
        weights: The weight of each n-gram, by its key; see `zendesk_handoff.wish.features`.
        intercept: The logit of a message without a known n-gram.
        threshold: The confidence from which on a request is sure.
    """

    lexicon: Lexicon
    weights: Mapping[str, float]
    intercept: float
    threshold: float

    def knows(self, token: str) -> bool:
        """Check whether a word occurs in the examples or, spelled nearly so, in a word class."""
        return WORD + token in self.weights or self.lexicon.class_of(token) != SOMETHING


@lru_cache(maxsize=1)
def model() -> Model:
    """Load the model that ships with the package, once."""
    stored = json.loads((files(__package__) / "model.json").read_text(encoding="utf-8"))
    return Model(
        lexicon=Lexicon(stored["words"]),
        weights=stored["weights"],
        intercept=stored["intercept"],
        threshold=stored["threshold"],
    )
