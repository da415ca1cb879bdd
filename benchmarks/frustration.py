"""Measure the frustration score on labelled dialogues, and fit its weights on them.

    python -m benchmarks.frustration             # tables
    python -m benchmarks.frustration --fit       # write weights.json first, then tables

The public sets are not part of the project; without them nothing is measured, and the output says
so. `benchmarks/frustration_made` is fitted on too; what `tests/data` has is measured only.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score, recall_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from benchmarks.evaluation import is_complete
from benchmarks.fitting import (
    FALSE_ALARMS,
    FOLDS,
    UNIT_SET,
    Matrix,
    cross_validate,
    operating_point,
    threshold_at,
    transfer,
    write_weights,
)
from benchmarks.intervals import bootstrap, in_words
from benchmarks.made_dialogues import FITTED, LANGUAGES, measured, read_made
from benchmarks.raters import report_raters
from tools.paths import EVALUATION_SETS, ROOT
from zendesk_handoff import frustration
from zendesk_handoff.domain.dialogue import Dialogue, dialogue_from_turns
from zendesk_handoff.frustration import DEFAULT_THRESHOLD, DEFAULT_WINDOW
from zendesk_handoff.frustration.phrases import detect_language
from zendesk_handoff.frustration.scoring import measure

DATA = EVALUATION_SETS
SETS = {
    "support tweets": "frustration_support_tweets.jsonl",
    "task dialogues": "frustration_task_dialogues.jsonl",
    "angry chitchat": "frustration_angry_chitchat.jsonl",
}
EVERYDAY = ("handoff_negatives.jsonl", "handoff_support_templates.jsonl", "handoff_rasa_bots.jsonl")

#: A plain list of angry words, as a baseline.
KEYWORDS = frozenset(
    "angry annoyed annoying awful bad disappointed disgusting frustrated frustrating hate horrible "
    "joke pathetic poor ridiculous sick stupid sucks terrible unacceptable upset useless waste "
    "worst wtf".split()
)


@dataclass(frozen=True)
class Example:
    """One labelled message of a user, with what came before it."""

    number: int
    dialogue: Dialogue
    label: int


def read_examples(path: Path) -> Iterator[Example]:
    """Yield every labelled user turn of a file, each with the dialogue up to it."""
    for number, record in enumerate(_records(path)):
        turns = dialogue_from_turns(record["turns"]).turns
        positions = [position for position, turn in enumerate(turns) if turn.speaker == "user"]
        labels = record.get("labels") or [None] * (len(positions) - 1) + [record["label"]]
        for position, label in zip(positions, labels, strict=True):
            if label is not None:
                yield Example(number, Dialogue(turns[: position + 1]), int(label))


def read_requests(path: Path) -> Iterator[Example]:
    """Yield everyday requests, each a dialogue of its own, without any frustrated user."""
    for number, record in enumerate(_records(path)):
        if not record["label"]:
            turn = {"speaker": "user", "text": record["text"]}
            yield Example(number, dialogue_from_turns([turn]), 0)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def matrix_of(examples: list[Example]) -> Matrix:
    """Measure examples as the score does."""
    rows = []
    for example in examples:
        turns = example.dialogue.turns
        texts = [turn.text for turn in turns if turn.speaker == "user"][-DEFAULT_WINDOW:]
        rows.append(measure(turns, language=detect_language(texts), window=DEFAULT_WINDOW))
    return Matrix(rows, [one.label for one in examples], [one.number for one in examples])


def baselines() -> dict[str, Callable[[Example], float]]:
    """Return the simple methods that the score is compared with, by name."""
    vader = SentimentIntensityAnalyzer()

    def last(example: Example) -> str:
        return example.dialogue.turns[-1].text

    return {
        "VADER (best threshold)": lambda one: -vader.polarity_scores(last(one))["compound"],
        "angry words (best threshold)": lambda one: float(
            sum(word.strip(".,!?#") in KEYWORDS for word in last(one).lower().split())
        ),
    }


def row(
    name: str, matrix: Matrix, scores: np.ndarray, threshold: float | None, *, interval: bool = True
) -> str:
    """Format one line of the table; without a threshold the best one is used for F1."""
    labels = matrix.labels
    thresholds = np.unique(scores) if threshold is None else [threshold]
    best = max(thresholds, key=lambda value: f1_score(labels, scores >= value, zero_division=0))
    said = scores >= best
    alarms = (said & (labels == 0)).sum() / len(labels)
    few = scores >= threshold_at(labels, scores, FALSE_ALARMS)
    auc = bootstrap(matrix.dialogues, lambda rows: _auc(labels[rows], scores[rows]))
    recall = bootstrap(matrix.dialogues, lambda rows: _recall(labels[rows], few[rows]))
    return (
        f"  {name:<38}{_auc(labels, scores):6.3f} {in_words(auc) if interval else '':<13}"
        f"{f1_score(labels, said):6.3f}{precision_score(labels, said, zero_division=0):7.3f}"
        f"{recall_score(labels, said):7.3f}{alarms:8.2%}"
        f"{_recall(labels, few):9.3f} {in_words(recall) if interval else ''}"
    )


def _auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Compute the area under the curve from ranks, which is quick enough to be done often."""
    frustrated = labels == 1
    count, calm = frustrated.sum(), (~frustrated).sum()
    if not count or not calm:
        return np.nan
    ranks = rankdata(scores)[frustrated].sum()
    return float((ranks - count * (count + 1) / 2) / (count * calm))


def _recall(labels: np.ndarray, said: np.ndarray) -> float:
    return float(said[labels == 1].mean()) if labels.any() else np.nan


def in_set(matrix: Matrix) -> np.ndarray:
    """Score with weights from other dialogues of the set alone, without any bounds: the ceiling."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=2000))
    return np.asarray(
        cross_val_predict(
            model,
            matrix.numbers,
            matrix.labels,
            groups=matrix.dialogues,
            cv=GroupKFold(FOLDS),
            method="decision_function",
        )
    )


HEADING = (
    f"{'':<40}   AUC [95 %]           F1      P      R  alarms   R at {FALSE_ALARMS:.1%} [95 %]"
)


def report(
    examples: dict[str, list[Example]], sets: dict[str, Matrix], middle: float, data: Path
) -> None:
    """Print the table of the labelled dialogues."""
    validated = cross_validate(sets)
    print(HEADING)
    for key in SETS:
        matrix, found = sets[key], examples[key]
        print(f"{key}: {len(found)} user turns, {matrix.labels.mean():.0%} frustrated")
        for name, method in baselines().items():
            print(row(name, matrix, np.array([method(one) for one in found]), None))
        print(row("fitted without this set", matrix, transfer(sets, key), middle))
        print(row("cross-validated, same operating point", matrix, validated[key], middle))
        print(row("as shipped, default threshold", matrix, _scores(found), DEFAULT_THRESHOLD))
        print(row("fitted on this set alone, no bounds", matrix, in_set(matrix), None))
        if key == "task dialogues":
            report_raters(data / SETS[key])
    alarms = (validated["everyday"] >= middle).mean()
    print(f"everyday requests, cross-validated: {alarms:.2%} would be escalated")


def report_languages() -> None:
    """Print the table of the dialogues that were made here, in other languages than English."""
    print(HEADING)
    for language in LANGUAGES:
        found = [Example(*each) for each in read_made(measured(language))]
        matrix = matrix_of(found)
        print(
            f"made here, {language}: {len(found)} user turns, {matrix.labels.mean():.0%} frustrated"
        )
        for name, method in baselines().items():
            print(row(name, matrix, np.array([method(one) for one in found]), None))
        print(row("as shipped, default threshold", matrix, _scores(found), DEFAULT_THRESHOLD))


def _scores(found: list[Example]) -> np.ndarray:
    return np.array([frustration.score(one.dialogue).score for one in found])


def report_everyday(data: Path) -> None:
    """Print how often a single everyday request would be escalated, file by file."""
    for name in EVERYDAY:
        asked = list(read_requests(data / name))
        alarms = sum(frustration.score(one.dialogue).escalate for one in asked)
        share = alarms / len(asked)
        print(f"everyday requests, {name}, as shipped: {alarms} of {len(asked)} ({share:.2%})")


def report_time(examples: dict[str, list[Example]]) -> None:
    """Print the time per turn and the time to load and score once."""
    times = []
    for found in examples.values():
        for example in found[:600]:
            start = time.perf_counter()
            frustration.score(example.dialogue)
            times.append(time.perf_counter() - start)
    command = "from zendesk_handoff import frustration as f\n"
    command += "from zendesk_handoff.domain import dialogue as d\n"
    command += "f.score(d.dialogue_from_turns([{'speaker': 'user', 'text': 'hello'}]))"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=True)
    loading = time.perf_counter() - start
    hundredths = statistics.quantiles(times, n=100)
    print(
        f"time per turn: median {statistics.median(times) * 1e3:.2f} ms, "
        f"99th percentile {hundredths[98] * 1e3:.2f} ms; "
        f"first score {loading:.2f} s with Python's start"
    )


def main() -> None:
    """Read the data, fit where asked to, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fit", action="store_true", help="write weights.json first")
    options = parser.parse_args()
    wanted = [*SETS.values(), *EVERYDAY]
    if not is_complete("frustration", options.data, wanted):
        return
    examples = {key: list(read_examples(options.data / name)) for key, name in SETS.items()}
    examples["everyday"] = [one for name in EVERYDAY for one in read_requests(options.data / name)]
    examples[UNIT_SET] = [Example(*each) for each in read_made(FITTED)]
    sets = {key: matrix_of(found) for key, found in examples.items()}
    middle = operating_point(sets, cross_validate(sets))
    if options.fit:
        write_weights(sets, middle, report=print)
    report(examples, sets, middle, options.data)
    report_languages()
    report_everyday(options.data)
    report_time(examples)


if __name__ == "__main__":
    main()
