"""Measure how well requests for a human are recognized, and fit the recogniser.

Reads the utterances in tests/data and, where they are found, the evaluation sets, which are not
part of the project. One table is for `HandoffRecognizer` alone, in a bot that knows nothing of such
requests; one for the demo bot, whose trained model parses every English line. They have precision
and recall, each with its 95 % interval, and false alarms. In the bot a line counts as recognized
when the intent `human_handoff` ranks first after the fallback classifier; the recogniser must be
sure.

    python -m benchmarks.intent [--model models/demo.tar.gz] [--data DIR] [--errors] [--fit]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.evaluation import is_complete
from benchmarks.wish.fitting import write_models
from tools.paths import EVALUATION_SETS, ROOT
from zendesk_handoff import wish

OWN = ROOT / "tests" / "data"
DATA = EVALUATION_SETS
INTENT = "human_handoff"
#: The own sets in English; the others have the language in their names.
ENGLISH = (
    "requests_customers_looked_at",
    "requests_customers_unseen",
    "requests_looked_at",
    "requests_other_trades_unseen",
    "requests_unseen",
)
SAMPLES = 2000

# "I want to speak to customer service" is no request for a human in the set with this label, and is
# one in the others. So the set is shown with and without it.
DISPUTED = "contact_customer_service"


@dataclass(frozen=True)
class Utterance:
    """One line of an evaluation set.

    Attributes:
        text: What the user typed.
        wanted: Whether it asks for a human.
        intent: The label in the set it comes from.
    """

    text: str
    wanted: bool
    intent: str


@dataclass(frozen=True)
class Score:
    """Counts of one set, and the figures that follow from them."""

    hits: int
    misses: int
    false_alarms: int
    negatives: int

    @property
    def precision(self) -> float | None:
        """Share of the alarms that were right, where there were requests."""
        alarms = self.hits + self.false_alarms
        return self.hits / alarms if alarms and self.hits + self.misses else None

    @property
    def recall(self) -> float | None:
        """Share of the requests that were recognized."""
        requests = self.hits + self.misses
        return self.hits / requests if requests else None

    def intervals(self) -> tuple[str, str]:
        """Format the 95 % intervals of precision and recall, by bootstrap over the lines."""
        counts = np.array([self.hits, self.misses, self.false_alarms, self.negatives])
        counts[3] -= self.false_alarms
        chance = np.random.RandomState(0)
        hits, misses, alarms, _ = chance.multinomial(counts.sum(), counts / counts.sum(), SAMPLES).T
        return _interval(hits, hits + alarms), _interval(hits, hits + misses)

    @property
    def false_alarm_rate(self) -> float | None:
        """Share of the other utterances that were taken for a request."""
        return self.false_alarms / self.negatives if self.negatives else None


def _interval(right: np.ndarray, all_: np.ndarray) -> str:
    least, most = np.percentile(right[all_ > 0] / all_[all_ > 0], [2.5, 97.5])
    return f"{least:.2f}-{most:.2f}"


def read_set(path: Path) -> list[Utterance]:
    """Read one set: JSON lines with `text` and `label`, or YAML with lines in named groups."""
    if path.suffix == ".yml":
        groups = yaml.safe_load(path.read_text("utf-8"))
        return [
            Utterance(line, wanted, group)
            for wanted, key in ((True, "wanted"), (False, "not_wanted"))
            for group, lines in groups[key].items()
            for line in lines.splitlines()
        ]
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip())
    return [Utterance(r["text"], bool(r["label"]), str(r.get("intent", ""))) for r in rows]


def score(wanted: Sequence[bool], heard: Sequence[bool]) -> Score:
    """Compare recognized and wanted lines."""
    pairs = list(zip(wanted, heard, strict=True))
    return Score(
        hits=sum(w and h for w, h in pairs),
        misses=sum(w and not h for w, h in pairs),
        false_alarms=sum(h and not w for w, h in pairs),
        negatives=sum(not w for w, _ in pairs),
    )


def format_table(rows: Iterable[tuple[str, Score]]) -> str:
    """Format the scores, one line for each set."""

    def show(value: float | None, form: str) -> str:
        return format("-" if value is None else format(value, form), ">6")

    lines = [f"{'set':<38}{'n':>6}{'pos':>5}{'P':>7}{'95 %':>11}{'R':>7}{'95 %':>11}  false alarms"]
    for name, s in rows:
        requests = s.hits + s.misses
        of_precision, of_recall = s.intervals() if requests else ("", "")
        lines.append(
            f"{name:<38}{requests + s.negatives:>6}{requests:>5}"
            f" {show(s.precision, '.3f')}{of_precision:>11} {show(s.recall, '.3f')}{of_recall:>11}"
            f"  {s.false_alarms} ({show(s.false_alarm_rate, '.2%').strip()})"
        )
    return "\n".join(lines)


async def parse_all(model: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the bot's complete parse of every text, in order."""
    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # otherwise every parse is logged
    agent = Agent.load(str(model))
    return [await agent.parse_message(text) for text in texts]


def main(argv: Sequence[str] | None = None) -> int:
    """Fit the recogniser if asked to; score it and the demo bot on every set, and print tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument(
        "--errors", action="store_true", help="print every wrong line too, but of *_unseen sets"
    )
    parser.add_argument(
        "--fit", action="store_true", help="first fit the recogniser, and write its models"
    )
    options = parser.parse_args(argv)

    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    if options.fit:
        write_models(report=print)
    files = [*sorted(OWN.glob("requests_*.yml")), *sorted(options.data.glob("handoff_*.jsonl"))]
    is_complete("intent", options.data, ["handoff_*.jsonl"])
    sets = {path.stem: read_set(path) for path in files}
    texts = _texts(sets)

    started = time.perf_counter()
    read = [wish.read(text) for text in texts]
    milliseconds = 1000 * (time.perf_counter() - started) / len(texts)
    _report(
        f"HandoffRecognizer, {milliseconds:.2f} ms each",
        sets,
        [found.is_sure for found in read],
        [f"{found.confidence:.2f} {found.kind.value} {found.why!r}" for found in read],
        errors=options.errors,
    )
    if not options.model.exists() or (
        options.model.is_dir() and not any(options.model.glob("*.tar.gz"))
    ):
        print(f"intent: no model in {options.model}; train one with `rasa train`")
        return 1
    sets = {
        name: utterances
        for name, utterances in sets.items()
        if name in ENGLISH or not name.startswith("requests_")
    }
    texts = _texts(sets)
    started = time.perf_counter()
    parses = asyncio.run(parse_all(options.model, texts))
    milliseconds = 1000 * (time.perf_counter() - started) / len(texts)
    _report(
        f"the demo bot, {milliseconds:.1f} ms each",
        sets,
        [parse["intent"]["name"] == INTENT for parse in parses],
        [
            ", ".join(f"{i['name']} {i['confidence']:.2f}" for i in parse["intent_ranking"][:3])
            for parse in parses
        ],
        errors=options.errors,
    )
    return 0


def _texts(sets: Mapping[str, Sequence[Utterance]]) -> list[str]:
    return [utterance.text for utterances in sets.values() for utterance in utterances]


def _report(
    title: str,
    sets: Mapping[str, Sequence[Utterance]],
    heard: Sequence[bool],
    explained: Sequence[str],
    *,
    errors: bool,
) -> None:
    """Print the table of one recogniser, after its errors if they are wanted."""
    rows: list[tuple[str, Score]] = []
    remaining = zip(heard, explained, strict=True)
    for name, utterances in sets.items():
        found = [(utterance, *next(remaining)) for utterance in utterances]
        rows.append((name, _score(found)))
        clear = [each for each in found if each[0].intent != DISPUTED]
        if len(clear) < len(found):
            rows.append((f"  without {DISPUTED}", _score(clear)))
        if errors and not name.endswith("_unseen"):
            for utterance, alarm, explanation in found:
                if alarm != utterance.wanted:
                    kind = "false alarm" if alarm else "missed"
                    where = f"{name} | {kind} | {utterance.intent}"
                    print(f"{where} | {utterance.text} | {explanation}")
    rows.append(("all together", _total(row for name, row in rows if name in sets)))
    print(f"\n{title}\n{format_table(rows)}")


def _score(found: Iterable[tuple[Utterance, bool, str]]) -> Score:
    pairs = [(utterance.wanted, alarm) for utterance, alarm, _ in found]
    return score([wanted for wanted, _ in pairs], [alarm for _, alarm in pairs])


def _total(scores: Iterable[Score]) -> Score:
    every = list(scores)
    return Score(
        hits=sum(s.hits for s in every),
        misses=sum(s.misses for s in every),
        false_alarms=sum(s.false_alarms for s in every),
        negatives=sum(s.negatives for s in every),
    )


if __name__ == "__main__":
    sys.exit(main())
