"""Fit the frustration score's weights: a logistic regression whose signs make sense."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

WEIGHTS = Path(__file__).parent.parent / "zendesk_handoff" / "frustration" / "weights.json"

#: How much each set counts in the fit.
SHARE = {
    "support tweets": 1.0,
    "task dialogues": 6.0,
    "angry chitchat": 0.5,
    "everyday": 1.0,
    "made here": 1.0,
}
#: The operating point: false alarms per turn of a task dialogue, cross-validated.
FALSE_ALARMS = 0.015
CALM_SET = "task dialogues"
#: How far the data may move the weights from where they start, which is the same for every number
#: in units of its spread. What is rare in one kind of dialogue, and common in another, keeps a
#: weight; with zero as the start a bot's failures count for nothing where the sets have none.
START = 0.07
RIDGE = 0.0003
#: The set whose spread is the unit: dialogues with a bot, not single requests. The least spread.
UNIT_SET = "made here"
LEAST_SPREAD = 0.05
FOLDS = 6

#: Numbers that may only lower the score; every other may only raise it. Keeps the fit honest.
CALMING = frozenset(
    "positive gratitude polite positive_emoji question opening_request bot_done bot_asks bot_gives "
    "earlier_positive earlier_gratitude".split()
)
#: The most that one unit of a number may add to the logit: no single mild sign may decide.
MOST = {
    "*": 1.5,
    "insult": 2.5,
    "exasperation": 2.5,
    "profanity": 2.0,
    "shouting": 3.0,
    "mild_profanity": 0.6,
    "says_no": 0.5,
    "says_sorry": 0.5,
    "negation": 0.5,
}
#: The least that it must add: plain words that are rare in the data.
LEAST = {"exasperation": 1.8}
#: Weights that the data cannot give: their bots have no fallback that could be repeated.
BY_JUDGEMENT = {"failures": 2.4, "bot_lost": 0.2, "repetitions": 0.4}
LEFT_OUT = frozenset({"failures", "bot_lost"})  # left out of the fit

Model = tuple[np.ndarray, float]


class Matrix:
    """A set's numbers, labels and dialogue numbers as arrays."""

    def __init__(
        self, rows: list[dict[str, float]], labels: list[int], dialogues: list[int]
    ) -> None:
        """Arrange the rows; all have the same names."""
        self.names = list(rows[0])
        self.numbers = np.array([[row[name] for name in self.names] for row in rows])
        self.labels = np.array(labels, dtype=float)
        self.dialogues = np.array(dialogues)


Sets = Mapping[str, Matrix]


def fit(sets: Sets, chosen: Mapping[str, np.ndarray]) -> Model:
    """Fit the weights, those set by judgement added.

    Args:
        sets: The data.
        chosen: Which rows of each set to use.

    Returns:
        A weight for each number, and the intercept.
    """
    names = next(iter(sets.values())).names
    x = np.vstack([sets[key].numbers[chosen[key]] for key in sets])
    y = np.hstack([sets[key].labels[chosen[key]] for key in sets])
    w = np.hstack([np.full(chosen[key].sum(), SHARE[key] / chosen[key].sum()) for key in sets])
    w /= w.mean()
    scale = np.maximum(sets[UNIT_SET].numbers.std(axis=0), LEAST_SPREAD)
    z = x / scale
    start = START * np.array([-1.0 if name in CALMING else 1.0 for name in names])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        logit = z @ theta[:-1] + theta[-1]
        wrong = w * (1 / (1 + np.exp(-logit)) - y)
        value = (w * (np.logaddexp(0, logit) - y * logit)).sum()
        moved = theta[:-1] - start
        value += moved @ moved / (2 * RIDGE)
        return value, np.append(z.T @ wrong + moved / RIDGE, wrong.sum())

    bounds = [_bounds_of(name, unit) for name, unit in zip(names, scale, strict=True)]
    bounds.append((None, None))
    found = minimize(loss, np.zeros(len(bounds)), jac=True, bounds=bounds, method="L-BFGS-B")
    judged = np.array([BY_JUDGEMENT.get(name, 0.0) for name in names])
    return found.x[:-1] / scale + judged, found.x[-1]


def _bounds_of(name: str, unit: float) -> tuple[float | None, float | None]:
    """Return the bounds of a weight, for numbers that were divided by `unit`."""
    if name in LEFT_OUT:
        return 0.0, 0.0
    return (
        (None, 0.0)
        if name in CALMING
        else (
            unit * LEAST.get(name, 0.0),
            unit * MOST.get(name, MOST["*"]),
        )
    )


def fit_all(sets: Sets) -> Model:
    """Fit on every row."""
    return fit(sets, {key: np.full(len(matrix.labels), True) for key, matrix in sets.items()})


def logits_of(matrix: Matrix, model: Model, rows: np.ndarray | None = None) -> np.ndarray:
    """Return the logits of a set, or of some of its rows."""
    numbers = matrix.numbers if rows is None else matrix.numbers[rows]
    return np.asarray(numbers @ model[0] + model[1])


def cross_validate(sets: Sets, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Return logits for every row from weights that were fitted on other dialogues."""
    random = np.random.RandomState(seed)
    logits = {key: np.zeros(len(matrix.labels)) for key, matrix in sets.items()}
    folds = {
        key: (random.permutation(matrix.dialogues.max() + 1) % FOLDS)[matrix.dialogues]
        for key, matrix in sets.items()
    }
    for fold in range(FOLDS):
        model = fit(sets, {key: folds[key] != fold for key in sets})
        for key, matrix in sets.items():
            left_out = folds[key] == fold
            logits[key][left_out] = logits_of(matrix, model, left_out)
    return logits


def transfer(sets: Sets, key: str) -> np.ndarray:
    """Return logits for one set from weights that were fitted on the others alone."""
    return logits_of(sets[key], fit_all({name: sets[name] for name in sets if name != key}))


def operating_point(sets: Sets, logits: Mapping[str, np.ndarray]) -> float:
    """Find the logit that gives the wanted share of false alarms."""
    return threshold_at(sets[CALM_SET].labels, logits[CALM_SET], FALSE_ALARMS)


def threshold_at(labels: np.ndarray, scores: np.ndarray, alarms: float) -> float:
    """Find the least score above which false alarms are at most a share of all turns."""
    calm = np.sort(scores[labels == 0])[::-1]
    return float(np.nextafter(calm[int(alarms * len(labels))], np.inf))


def write_weights(sets: Sets, middle: float, *, report: Callable[[str], None]) -> None:
    """Write the table that the package reads, shifted so that `middle` scores 0.5."""
    weights, intercept = fit_all(sets)
    names = next(iter(sets.values())).names
    ranked = sorted(zip(names, weights, strict=True), key=lambda pair: -abs(pair[1]))
    table = {"intercept": round(float(intercept - middle), 3)}
    table |= {name: round(float(weight), 3) for name, weight in ranked if abs(weight) >= 0.005}
    WEIGHTS.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    report(f"wrote {len(table)} weights to {WEIGHTS}")
