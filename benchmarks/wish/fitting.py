"""Fit the recogniser: for each language a multinomial regression on its examples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.wish.examples import Example, read_examples, read_words
from tools.paths import ROOT
from zendesk_handoff.wish.features import CLASS, LETTER, WORD, features_of, split_words
from zendesk_handoff.wish.kinds import Kind
from zendesk_handoff.wish.lexicon import Lexicon
from zendesk_handoff.wish.model import LANGUAGES, STEP

MODELS = ROOT / "zendesk_handoff" / "wish" / "models"
KINDS = tuple(Kind)

#: The least number of examples that an n-gram occurs in, by kind.
LEAST_EXAMPLES = {CLASS: 2, WORD: 2, LETTER: 6}
#: With more examples than these, n-grams of letters are left out: the words that they stand for are
#: in the examples, and in a long message the small weights of many letters add up.
MANY = 10_000
#: How much more an example of `Kind.OTHER` counts then: few messages are requests, half of the
#: examples are.
OTHER_COUNTS = 1.5
#: An n-gram whose weights are all smaller, in steps of `STEP`, is left out.
LEAST_WEIGHT = 2


@dataclass(frozen=True)
class Examples:
    """The examples of one language.

    Attributes:
        listed: Each example once.
        words: The words of each word class.
    """

    listed: Sequence[Example]
    words: dict[str, list[str]]

    @cached_property
    def rows(self) -> list[frozenset[str]]:
        """The n-grams of each example."""
        lexicon = Lexicon(self.words)
        return [features_of(split_words(each.text), lexicon) for each in self.listed]

    @cached_property
    def kinds(self) -> np.ndarray:
        """The place in `KINDS` of each example's kind."""
        return np.array([KINDS.index(each.kind) for each in self.listed])

    @cached_property
    def sources(self) -> np.ndarray:
        """For each example the number of its template."""
        number = {source: n for n, source in enumerate(sorted({e.source for e in self.listed}))}
        return np.array([number[each.source] for each in self.listed])

    @cached_property
    def importance(self) -> np.ndarray:
        """How much each example counts: a template more than a line, less than all its lines."""
        importance = np.bincount(self.sources)[self.sources] ** -0.5
        if len(self.listed) > MANY:
            importance[self.kinds == KINDS.index(Kind.OTHER)] *= OTHER_COUNTS
        return np.asarray(importance)

    @property
    def fingerprint(self) -> str:
        """A digest of all that a model is fitted on."""
        listed = [(each.text, each.kind.value, each.source) for each in self.listed]
        return sha256(json.dumps([listed, self.words]).encode()).hexdigest()[:16]

    @property
    def vocabulary(self) -> list[str]:
        """The words of the language."""
        texts = (each.text for each in self.listed if not each.is_foreign)
        return sorted({token for text in texts for token in split_words(text).tokens})


@dataclass(frozen=True)
class Fitted:
    """A fitted multinomial regression.

    Attributes:
        keys: The keys of the n-grams.
        weights: For each n-gram a row with the weight for each kind.
        intercepts: The logits of a message without any.
    """

    keys: Sequence[str]
    weights: np.ndarray
    intercepts: np.ndarray

    def probabilities(self, rows: Sequence[Collection[str]]) -> np.ndarray:
        """Return for each message a row with the probability of each kind."""
        logits = np.asarray(_matrix(rows, self.keys) @ self.weights + self.intercepts)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def read_all(language: str) -> Examples:
    """Read the examples and word classes of a language."""
    return Examples(read_examples(language), read_words(language))


def fit(rows: Sequence[Collection[str]], kinds: np.ndarray, importance: np.ndarray) -> Fitted:
    """Fit the weights of all n-grams that occur in enough of the examples."""
    from sklearn.linear_model import LogisticRegression

    occurs_in = Counter(key for row in rows for key in row)
    least = dict(LEAST_EXAMPLES)
    if len(rows) > MANY:
        least[LETTER] = len(rows) + 1
    keys = sorted(key for key, count in occurs_in.items() if count >= least[key[:2]])
    regression = LogisticRegression(max_iter=300, tol=0.02)
    found = regression.fit(_matrix(rows, keys), kinds, sample_weight=importance)
    weights, intercepts = np.zeros((len(keys), len(KINDS))), np.full(len(KINDS), -np.inf)
    weights[:, found.classes_], intercepts[found.classes_] = found.coef_.T, found.intercept_
    return Fitted(keys, weights, intercepts)


def fit_model(examples: Examples) -> dict[str, object]:
    """Fit the model of a language.

    Returns:
        What `zendesk_handoff.wish.model` reads.
    """
    fitted = fit(examples.rows, examples.kinds, examples.importance)
    steps = np.rint(fitted.weights / STEP).astype(int)
    return {
        "fingerprint": examples.fingerprint,
        "intercepts": np.rint(fitted.intercepts / STEP).astype(int).tolist(),
        "vocabulary": " ".join(examples.vocabulary),
        "classes": {name: " ".join(words) for name, words in examples.words.items()},
        "weights": {
            key: row.tolist()
            for key, row in zip(fitted.keys, steps, strict=True)
            if abs(row).max() >= LEAST_WEIGHT
        },
    }


def write_models(*, report: Callable[[str], None]) -> None:
    """Fit the models, and write the files that the package reads."""
    for language in LANGUAGES:
        file = MODELS / f"{language}.json"
        file.write_text(_as_json(fit_model(read_all(language))), encoding="utf-8")
        report(f"wrote {file}")


def _as_json(model: dict[str, object]) -> str:
    """Write a model with a line for each n-gram, so that a change can be read."""
    compact = {"ensure_ascii": False, "separators": (",", ":")}
    weights = model.pop("weights")
    assert isinstance(weights, dict)
    rows = (
        f"{json.dumps(key, ensure_ascii=False)}:{json.dumps(row, **compact)}"
        for key, row in weights.items()
    )
    head = json.dumps(model, indent=0, ensure_ascii=False)[: -len("\n}")]
    return head + ',\n"weights": {\n' + ",\n".join(rows) + "\n}\n}\n"


def _matrix(rows: Sequence[Collection[str]], keys: Sequence[str]) -> csr_matrix:
    column = {key: number for number, key in enumerate(keys)}
    cells = [
        (number, column[key]) for number, row in enumerate(rows) for key in row if key in column
    ]
    lines, columns = zip(*cells, strict=True) if cells else ((), ())
    shape = (len(rows), len(keys))
    return csr_matrix((np.ones(len(cells)), (lines, columns)), shape=shape)
