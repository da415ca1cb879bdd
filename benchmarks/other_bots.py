"""Measure `HandoffRecognizer` in bots of other people: their own intents, and requests heard.

Each bot's examples are cross-validated with and without the recogniser. A request counts as heard
when the intent `human_handoff` ranks first; for a bot without examples of it that is the
recogniser's work alone. The bots are that of `rasa init` and, where they are found, those of the
evaluation data, which are not part of the project.

    python -m benchmarks.other_bots [--data DIR] [--folds 5]
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluation import is_complete
from benchmarks.intent import ENGLISH, INTENT, OWN, read_set
from tools.nlu import LOGISTIC_REGRESSION, RECOGNIZER, STOCK_BOT, parse, train
from tools.paths import SHARED

BOTS = SHARED / "data" / "bots"
#: NLU data by the name of the bot, in the folder of the evaluation data.
SHARED_BOTS = {
    "financial-demo": Path("financial-demo/data/nlu/nlu.yml"),
    "helpdesk-assistant": Path("helpdesk-assistant/data/nlu.yml"),
}

Pipeline = Sequence[Mapping[str, Any]]
WITHOUT: Pipeline = LOGISTIC_REGRESSION
WITH: Pipeline = (*LOGISTIC_REGRESSION, RECOGNIZER)


@dataclass(frozen=True)
class Comparison:
    """Examples of a bot, each parsed by a model that was trained on others.

    Attributes:
        texts: The examples.
        wanted: Their intents.
        without: The intents found without the recogniser.
        found: The intents found with it.
    """

    texts: Sequence[str]
    wanted: np.ndarray
    without: np.ndarray
    found: np.ndarray

    def of(self, chosen: np.ndarray) -> tuple[int, int, int]:
        """Count some of the examples, those right without the recogniser, and those with it."""
        right, right_with = self.without == self.wanted, self.found == self.wanted
        return int(chosen.sum()), int(right[chosen].sum()), int(right_with[chosen].sum())

    @property
    def is_own(self) -> np.ndarray:
        """Whether each example is of an intent of the bot that is no request for a person."""
        return np.asarray(self.wanted != INTENT)


def cross_validate(data: Path, *, folds: int, seed: int = 0) -> Comparison:
    """Train on all folds but one and parse that one, with and without the recogniser.

    Args:
        data: The NLU data of the bot.
        folds: How many folds.
        seed: What decides on an example's fold.
    """
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLWriter
    from rasa.shared.nlu.training_data.loading import load_data
    from rasa.shared.nlu.training_data.training_data import TrainingData
    from sklearn.model_selection import StratifiedKFold

    examples = np.array(load_data(str(data)).intent_examples, dtype=object)
    texts = [example.get("text") for example in examples]
    wanted = np.array([example.get("intent") for example in examples], dtype=object)
    without, found = np.empty_like(wanted), np.empty_like(wanted)
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed).split(texts, wanted)
    for taught, left_out in splits:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "nlu.yml")
            RasaYAMLWriter().dump(file, TrainingData(list(examples[taught])))
            for pipeline, intents in ((WITHOUT, without), (WITH, found)):
                bot = train(Path(folder), pipeline, file)
                parsed = parse(bot, [texts[number] for number in left_out])
                intents[left_out] = [each["intent"]["name"] for each in parsed]
    return Comparison(texts, wanted, without, found)


def hear(data: Path, texts: Sequence[str], pipeline: Pipeline) -> list[bool]:
    """Train on all examples of a bot, and check which texts it takes for a request."""
    with tempfile.TemporaryDirectory() as folder:
        bot = train(Path(folder), pipeline, data)
        return [each["intent"]["name"] == INTENT for each in parse(bot, texts)]


def main(argv: Sequence[str] | None = None) -> int:
    """Compare every bot with and without the recogniser, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=BOTS)
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args(argv)
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)  # otherwise every parse is logged
    bots = {"rasa init": STOCK_BOT}
    if is_complete("other_bots", options.data, map(str, SHARED_BOTS.values())):
        bots |= {name: options.data / path for name, path in SHARED_BOTS.items()}
    print(f"{'own intents, cross-validated':<32}{'n':>6}{'without':>9}{'with':>7}  made worse")
    for name, data in bots.items():
        compared = cross_validate(data, folds=options.folds)
        for kind, chosen in (("", compared.is_own), (f": {INTENT}", ~compared.is_own)):
            examples, right, right_with = compared.of(chosen)
            worse = (compared.without == compared.wanted) & (compared.found != compared.wanted)
            lost = "; ".join(np.array(compared.texts, dtype=object)[worse & chosen])
            if examples:
                shares = f"{right / examples:>9.3f}{right_with / examples:>7.3f}"
                print(f"{name + kind:<32}{examples:>6}{shares}  {lost}")
    print(f"\n{'requests heard':<32}{'n':>6}{'without':>9}{'with':>7}  false alarms with, without")
    for file in ENGLISH:
        lines = read_set(OWN / f"{file}.yml")
        wanted = np.array([line.wanted for line in lines])
        for name, data in bots.items():
            texts = [line.text for line in lines]
            before, after = (np.array(hear(data, texts, p)) for p in (WITHOUT, WITH))
            shares = f"{before[wanted].mean():>9.3f}{after[wanted].mean():>7.3f}"
            alarms = f"{after[~wanted].mean():.2%}, {before[~wanted].mean():.2%}"
            print(f"{name + ', ' + file:<32}{wanted.sum():>6}{shares}  {alarms}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
