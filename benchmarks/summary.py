"""Measure how many facts of a case are in the summary, and its length.

Fact recall on task dialogues and on dialogues that were cut off: the share of facts of which any
listed form stands in the summary as a word, without regard to case. ROUGE on support tweets,
against human summaries: the mean over a dialogue's references, and the best of them. Simple ways to
summarise are shown for comparison. The data are not part of the project; without them nothing is
measured, and the output says so.

    python -m benchmarks.summary [--data DIR]

With --save the summaries go to a file, and with --before thirty of them are written beside those
of another version; see `benchmarks/side_by_side.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation import is_complete
from benchmarks.intervals import bootstrap, in_words
from benchmarks.side_by_side import side_by_side
from tools.paths import EVALUATION_SETS, ROOT
from zendesk_handoff.domain.dialogue import Dialogue, dialogue_from_turns
from zendesk_handoff.summary import summarize

DATA = EVALUATION_SETS

#: The sets with facts, and the share of the dialogue's words that a summary may have.
FACT_SETS = {"summary_task_dialogues": 0.30, "summary_cut_dialogues": 0.40}
TWEETS = "summary_support_tweets"

#: The page with two versions' summaries.
OUTPUT = ROOT / "build" / "summaries.md"

Summarizer = Callable[["Case"], str]


@dataclass(frozen=True)
class Case:
    """A dialogue and the expected content of its summary.

    Attributes:
        dialogue: The turns.
        facts: For each fact, the forms in which it may be written.
        references: Summaries written by people.
    """

    dialogue: Dialogue
    facts: tuple[tuple[str, ...], ...]
    references: tuple[str, ...]

    @property
    def words(self) -> int:
        """Words of the dialogue."""
        return sum(len(turn.text.split()) for turn in self.dialogue.turns)


def read_cases(path: Path) -> list[Case]:
    """Read one JSON-lines file with `turns`, and `facts` or `summaries`."""
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    return [_case(row) for row in rows]


def _case(row: Mapping[str, Any]) -> Case:
    facts = tuple(tuple(fact["values"]) for fact in row.get("facts") or ())
    return Case(dialogue_from_turns(row["turns"]), facts, tuple(row.get("summaries") or ()))


def holds(summary: str, fact: Iterable[str]) -> bool:
    """Check whether a summary contains any form of a fact as a separate word."""
    text = summary.lower()
    return any(re.search(rf"(?<!\w){re.escape(form.lower())}(?!\w)", text) for form in fact)


def rouge(summary: str, reference: str) -> dict[str, float]:
    """Compute the F-measures of ROUGE-1, -2 and -L, on words without regard to case."""
    words, wanted = _words(summary), _words(reference)
    return {
        "R1": _f_measure(_common(words, wanted, 1), len(words), len(wanted)),
        "R2": _f_measure(_common(words, wanted, 2), len(words) - 1, len(wanted) - 1),
        "RL": _f_measure(_longest_common(words, wanted), len(words), len(wanted)),
    }


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def _common(words: Sequence[str], wanted: Sequence[str], size: int) -> int:
    def grams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
        return Counter(zip(*(words[start:] for start in range(size)), strict=False))

    return sum((grams(words) & grams(wanted)).values())


def _longest_common(words: Sequence[str], wanted: Sequence[str]) -> int:
    row = [0] * (len(wanted) + 1)
    for word in words:
        before = row[:]
        for at, other in enumerate(wanted, 1):
            row[at] = before[at - 1] + 1 if word == other else max(before[at], row[at - 1])
    return row[-1]


def _f_measure(common: int, words: int, wanted: int) -> float:
    return 2 * common / (words + wanted) if common else 0.0


def _lead(case: Case) -> str:
    return " ".join(turn.text for turn in case.dialogue.turns[:3])


def _user(case: Case) -> str:
    return " ".join(turn.text for turn in case.dialogue.user_turns)


def _chance(case: Case) -> str:
    turns = list(case.dialogue.turns)
    random.Random(case.words).shuffle(turns)
    words = " ".join(turn.text for turn in turns).split()
    return " ".join(words[: int(0.3 * len(words))])


def _human(case: Case) -> str:
    return case.references[0]


def _default(case: Case) -> str:
    return summarize(case.dialogue)


def _at_share(share: float) -> Summarizer:
    return lambda case: summarize(case.dialogue, max_words=max(1, int(share * case.words)))


def _at_words(words: int) -> Summarizer:
    return lambda case: summarize(case.dialogue, max_words=words)


def fact_row(name: str, cases: Sequence[Case], write: Summarizer) -> str:
    """Measure one way to summarise on dialogues with facts."""
    started = time.perf_counter()
    summaries = [write(case) for case in cases]
    spent = (time.perf_counter() - started) / len(cases)
    found = [
        (number, holds(summary, fact))
        for number, (case, summary) in enumerate(zip(cases, summaries, strict=True))
        for fact in case.facts
    ]
    held = np.array([is_held for _, is_held in found], dtype=float)
    interval = bootstrap([number for number, _ in found], lambda rows: float(held[rows].mean()))
    length = statistics.mean(
        len(summary.split()) / case.words for case, summary in zip(cases, summaries, strict=True)
    )
    figures = f"{held.mean():>8.3f} {in_words(interval):>13}{length:>9.1%}{1000 * spent:>9.1f}"
    return f"  {name:<34}{figures}"


def rouge_row(name: str, cases: Sequence[Case], write: Summarizer) -> str:
    """Measure one way to summarise on dialogues with references."""
    means: dict[str, list[float]] = {"R1": [], "R2": [], "RL": []}
    best: list[float] = []
    words = []
    for case in cases:
        summary = write(case)
        words.append(len(summary.split()))
        scores = [rouge(summary, reference) for reference in case.references]
        for measure, values in means.items():
            values.append(statistics.mean(score[measure] for score in scores))
        best.append(max(score["R1"] for score in scores))
    shown = "".join(f"{100 * statistics.mean(values):>8.1f}" for values in means.values())
    first = 100 * np.array(means["R1"])
    interval = bootstrap(range(len(cases)), lambda rows: float(first[rows].mean()))
    shown += f" {in_words(interval, digits=1):>14}"
    return f"  {name:<34}{shown}{100 * statistics.mean(best):>9.1f}{statistics.mean(words):>8.0f}"


def write_pages(
    cases: Mapping[str, Sequence[Case]], save: Path | None, before: Path | None, output: Path
) -> None:
    """Save the summaries of all dialogues, or write thirty beside those of another version."""
    if save is not None:
        written = {name: [_default(case) for case in found] for name, found in cases.items()}
        save.write_text(json.dumps(written), encoding="utf-8")
    if before is not None:
        dialogues = {name: [case.dialogue for case in found] for name, found in cases.items()}
        page = side_by_side(dialogues, json.loads(before.read_text("utf-8")), summarize)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(page, encoding="utf-8")
        print(f"wrote {output}")


def main(argv: Sequence[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--save", type=Path, help="write the summaries to this file")
    parser.add_argument("--before", type=Path, help="summaries that another version has saved")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the page beside --before")
    options = parser.parse_args(argv)
    names = [*FACT_SETS, TWEETS]
    sets = {name: options.data / f"{name}.jsonl" for name in names}
    is_complete("summary", options.data, [path.name for path in sets.values()])
    found = {name: read_cases(path) for name, path in sets.items() if path.exists()}
    if options.save or options.before:
        write_pages(found, options.save, options.before, options.output)
        return 0
    for name, share in FACT_SETS.items():
        if name not in found:
            continue
        cases = [case for case in found[name] if case.facts]
        print(f"{name:<36}{'recall':>8}{'95 %':>14}{'length':>9}{'ms':>9}")
        ways: dict[str, Summarizer] = {
            "summary": _default,
            f"summary, at most {share:.0%}": _at_share(share),
            f"summary, at most {share - 0.1:.0%}": _at_share(share - 0.1),
            "first three turns": _lead,
            "everything the user said": _user,
            "turns by chance, 30%": _chance,
        }
        if all(case.references for case in cases):
            ways["a person's summary"] = _human
        for way, write in ways.items():
            print(fact_row(way, cases, write))
    if TWEETS in found:
        cases = [case for case in found[TWEETS] if case.references]
        print(f"{TWEETS:<36}{'R1':>8}{'R2':>8}{'RL':>8}{'R1, 95 %':>15}{'best R1':>9}{'words':>8}")
        for way, write in {
            "summary": _default,
            "summary, at most 30 words": _at_words(30),
            "summary, at most 40 words": _at_words(40),
            "first three turns": _lead,
            "everything the user said": _user,
            "turns by chance, 30%": _chance,
        }.items():
            print(rouge_row(way, cases, write))
    return 0


if __name__ == "__main__":
    sys.exit(main())
