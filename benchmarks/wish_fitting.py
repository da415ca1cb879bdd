"""Fit the recogniser of requests for a person: a logistic regression on the bot's own examples."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from tools.paths import ROOT
from zendesk_handoff.wish.features import CLASS, LETTER, WORD, features_of, split_words
from zendesk_handoff.wish.lexicon import Lexicon

EXAMPLES = ROOT / "data" / "nlu"
MODEL = ROOT / "zendesk_handoff" / "wish" / "model.json"
INTENT = "human_handoff"

#: The operating point: the share of sure requests that are right, cross-validated. The examples
#: were written to be hard; on what users say the share is higher.
PRECISION = 0.95
#: The least number of examples that an n-gram occurs in, by kind.
LEAST_EXAMPLES = {CLASS: 1, WORD: 2, LETTER: 3}
FOLDS = 5
#: Smaller weights are left out, but for words': by these the model knows its language.
LEAST_WEIGHT = 0.005


@dataclass(frozen=True)
class Examples:
    """The examples that the model is fitted on.

    Attributes:
        texts: What users say.
        wanted: For each, whether it asks for a person.
        words: The words of each word class.
    """

    texts: Sequence[str]
    wanted: np.ndarray
    words: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Fitted:
    """A fitted logistic regression.

    Attributes:
        keys: The keys of the n-grams.
        weights: The weight of each.
        intercept: The logit of a message without any.
    """

    keys: Sequence[str]
    weights: np.ndarray
    intercept: float

    def confidences(self, rows: Sequence[Collection[str]]) -> np.ndarray:
        """Return the probability that each message is a request."""
        return np.asarray(
            1 / (1 + np.exp(-(_matrix(rows, self.keys) @ self.weights + self.intercept)))
        )


def read_examples(folder: Path = EXAMPLES) -> Examples:
    """Read the NLU data of a bot whose lookup tables are word classes."""
    from rasa.shared.nlu.training_data.loading import load_data

    data = load_data(str(folder))
    # Sorted, so that the folds do not depend on the order of files.
    pairs = sorted({(one.get("text"), one.get("intent")) for one in data.intent_examples})
    return Examples(
        texts=[text for text, _ in pairs],
        wanted=np.array([intent == INTENT for _, intent in pairs]),
        words={
            table["name"]: [word.lower() for word in table["elements"]]
            for table in sorted(data.lookup_tables, key=lambda table: str(table["name"]))
        },
    )


def features_of_all(examples: Examples) -> list[Collection[str]]:
    """List the n-grams of every example."""
    lexicon = Lexicon(examples.words)
    return [features_of(split_words(text), lexicon) for text in examples.texts]


def fit(rows: Sequence[Collection[str]], wanted: np.ndarray) -> Fitted:
    """Fit the weights of all n-grams that occur in enough of the examples."""
    from sklearn.linear_model import LogisticRegression

    occurs_in = Counter(key for row in rows for key in row)
    keys = sorted(key for key, count in occurs_in.items() if count >= LEAST_EXAMPLES[key[:2]])
    found = LogisticRegression(max_iter=1000).fit(_matrix(rows, keys), wanted)
    return Fitted(keys, found.coef_[0], float(found.intercept_[0]))


def cross_validate(
    rows: Sequence[Collection[str]], wanted: np.ndarray, *, seed: int = 0
) -> np.ndarray:
    """Return the confidence in each example from weights that were fitted on others."""
    fold_of = np.random.RandomState(seed).permutation(len(rows)) % FOLDS
    confidences = np.zeros(len(rows))
    for fold in range(FOLDS):
        taught, left_out = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        fitted = fit([rows[i] for i in taught], wanted[taught])
        confidences[left_out] = fitted.confidences([rows[i] for i in left_out])
    return confidences


def operating_point(confidences: np.ndarray, wanted: np.ndarray) -> float:
    """Find the lowest confidence from which on the wanted share of the requests is right."""
    candidates = np.unique(confidences[wanted])
    return float(next(one for one in candidates if wanted[confidences >= one].mean() >= PRECISION))


def fit_model(examples: Examples) -> dict[str, object]:
    """Fit the model, and choose its threshold.

    Returns:
        What `zendesk_handoff.wish.model` reads.
    """
    rows = features_of_all(examples)
    threshold = operating_point(cross_validate(rows, examples.wanted), examples.wanted)
    fitted = fit(rows, examples.wanted)
    pairs = zip(fitted.keys, fitted.weights, strict=True)
    return {
        "threshold": round(threshold, 3),
        "intercept": round(fitted.intercept, 3),
        "words": examples.words,
        "weights": {
            key: round(float(weight), 3)
            for key, weight in pairs
            if abs(weight) >= LEAST_WEIGHT or key.startswith(WORD)
        },
    }


def write_model(*, report: Callable[[str], None]) -> None:
    """Fit the model on this repository's examples, and write the file that the package reads."""
    fitted = fit_model(read_examples())
    MODEL.write_text(json.dumps(fitted, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    report(f"wrote the model to {MODEL}")


def _matrix(rows: Sequence[Collection[str]], keys: Sequence[str]) -> csr_matrix:
    column = {key: number for number, key in enumerate(keys)}
    cells = [
        (number, column[key]) for number, row in enumerate(rows) for key in row if key in column
    ]
    lines, columns = zip(*cells, strict=True) if cells else ((), ())
    shape = (len(rows), len(keys))
    return csr_matrix((np.ones(len(cells)), (lines, columns)), shape=shape)
