"""The fitted models, one for each language.

`python -m benchmarks.intent --fit` writes them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp

from zendesk_handoff.wish.features import Words, features_of
from zendesk_handoff.wish.kinds import Kind
from zendesk_handoff.wish.lexicon import SOMETHING, Lexicon

LANGUAGES = ("en", "de", "es", "fr")
FOLDER = "models"
#: Weights are stored as whole numbers of this size.
STEP = 0.01

_KINDS = tuple(Kind)


@dataclass(frozen=True)
class Model:
    """A multinomial regression over the n-grams of a message.

    Attributes:
        language: The language of the examples, such as `en`.
        lexicon: The word classes.
        vocabulary: The words of the examples.
        weights: For each n-gram, by its key, the weight for each kind, in steps of `STEP`.
        intercepts: The logit of each kind where no n-gram is known, in steps of `STEP`.
    """

    language: str
    lexicon: Lexicon
    vocabulary: Collection[str]
    weights: Mapping[str, Sequence[int]]
    intercepts: Sequence[int]

    def knows(self, token: str) -> bool:
        """Check whether a word occurs in the examples or, spelled nearly so, in a word class."""
        return token in self.vocabulary or self.lexicon.class_of(token) != SOMETHING

    def probabilities(self, words: Words) -> dict[Kind, float]:
        """Return the probability of each kind."""
        known = features_of(words, self.lexicon) & self.weights.keys()
        rows = [self.intercepts, *(self.weights[key] for key in known)]
        logits = [STEP * sum(column) for column in zip(*rows, strict=True)]
        most = max(logits)
        powers = [exp(logit - most) for logit in logits]
        total = sum(powers)
        return {kind: power / total for kind, power in zip(_KINDS, powers, strict=True)}


@lru_cache(maxsize=1)
def models() -> tuple[Model, ...]:
    """Load the models that ship with the package, once."""
    return tuple(map(_load, LANGUAGES))


def _load(language: str) -> Model:
    file = files(__package__) / FOLDER / f"{language}.json"
    stored = json.loads(file.read_text(encoding="utf-8"))
    return Model(
        language=language,
        lexicon=Lexicon({name: words.split() for name, words in stored["classes"].items()}),
        vocabulary=frozenset(stored["vocabulary"].split()),
        weights=stored["weights"],
        intercepts=stored["intercepts"],
    )
