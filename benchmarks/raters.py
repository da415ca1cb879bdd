"""What the raters of the task dialogues agree on: the most that any score can find there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln
from sklearn.metrics import roc_auc_score, roc_curve

from benchmarks.fitting import FALSE_ALARMS

_LOW = 3  # of 5; a rating below it counts as dissatisfied
_SAMPLES = 50

Ratings = list[list[list[int]]]


def read_ratings(path: Path) -> Ratings:
    """Read the raters' values of every turn, labelled or not, dialogue by dialogue."""
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [record["ratings"] for record in records]


def report_raters(path: Path) -> None:
    """Print how well a rater does in place of the score, and what full knowledge would give."""
    ratings = read_ratings(path)
    print(f"  one rater against the label of the others: {_figures(*_one_against_others(ratings))}")
    print(f"  who knew each turn's true share of low ratings: {_ideal(ratings)}")
    same, own, other = _agreement(ratings)
    print(
        f"  low ratings correlate: two raters of a turn {same:.2f}, a rater in the next turn "
        f"{own:.2f}, two raters in turns next to each other {other:.2f}"
    )


def _one_against_others(ratings: Ratings) -> tuple[np.ndarray, np.ndarray]:
    """Label each turn by all raters but one, as the set does, and score it by that one."""
    labels, scores = [], []
    for values in (turn for turns in ratings for turn in turns):
        for at, value in enumerate(values):
            low = sum(other < _LOW for other in values[:at] + values[at + 1 :])
            if low != 1:
                labels.append(low > 1)
                scores.append(-value)
    return np.array(labels), np.array(scores, dtype=float)


def _ideal(ratings: Ratings) -> str:
    """Simulate raters who differ by chance alone about a turn's own share of low ratings.

    The shares follow the beta distribution that makes the observed counts most likely. An upper
    bound: no text tells the share exactly.
    """
    turns = [values for turns in ratings for values in turns]
    raters = np.array([len(values) for values in turns])
    low = np.array([sum(value < _LOW for value in values) for values in turns])

    def loss(logs: np.ndarray) -> float:
        a, b = np.exp(logs)
        return -float((betaln(a + low, b + raters - low) - betaln(a, b)).sum())

    a, b = np.exp(minimize(loss, [0.0, 1.0], method="Nelder-Mead").x)
    random = np.random.RandomState(0)
    labels, scores = [], []
    for _ in range(_SAMPLES):
        shares = random.beta(a, b, len(turns))
        drawn = random.binomial(raters, shares)
        labels.append(drawn[drawn != 1] > 1)
        scores.append(shares[drawn != 1])
    return _figures(np.concatenate(labels), np.concatenate(scores))


def _figures(labels: np.ndarray, scores: np.ndarray) -> str:
    """Format AUC and the recall at the usual share of false alarms, ties broken by chance."""
    alarms, recall, _ = roc_curve(labels, scores, drop_intermediate=False)
    found = np.interp(FALSE_ALARMS, alarms * (1 - labels.mean()), recall)
    return f"AUC {roc_auc_score(labels, scores):.3f}, R at {FALSE_ALARMS:.1%} {found:.3f}"


def _agreement(ratings: Ratings) -> tuple[float, float, float]:
    """Correlate low ratings: of two raters, of one in the next turn, of two in turns in a row."""
    same, own, other = [], [], []
    for turns in ratings:
        raters = min(map(len, turns))
        low = np.array([[value < _LOW for value in values[:raters]] for values in turns])
        for one in range(raters):
            own += zip(low[:-1, one], low[1:, one], strict=True)
            for another in set(range(raters)) - {one}:
                same += zip(low[:, one], low[:, another], strict=True)
                other += zip(low[:-1, one], low[1:, another], strict=True)
    first, second, third = (
        float(np.corrcoef(np.array(each).T)[0, 1]) for each in (same, own, other)
    )
    return first, second, third
