"""Small NLU models of real Rasa pipelines, trained in this process: for tests and benchmarks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import rasa
import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu

#: The training data of `rasa init`.
STOCK_BOT = Path(rasa.__file__).parent / "cli" / "initial_project" / "data" / "nlu.yml"

RECOGNIZER = {"name": "zendesk_handoff.nlu.HandoffRecognizer"}
TOKENIZER = {"name": "WhitespaceTokenizer"}
LOGISTIC_REGRESSION = (
    TOKENIZER,
    {"name": "CountVectorsFeaturizer"},
    {"name": "LogisticRegressionClassifier"},
)


def train(folder: Path, pipeline: Iterable[Mapping[str, Any]], data: Path = STOCK_BOT) -> Agent:
    """Train a pipeline without Rasa's cache, and load the model."""
    config = folder / "config.yml"
    block = {"recipe": "default.v1", "assistant_id": "a-bot", "language": "en"}
    config.write_text(yaml.safe_dump({**block, "pipeline": [dict(one) for one in pipeline]}))
    no_cache = {"RASA_MAX_CACHE_SIZE": "0", "RASA_CACHE_DIRECTORY": str(folder / "cache")}
    with mock.patch.dict(os.environ, no_cache):
        model = train_nlu(str(config), str(data), str(folder), fixed_model_name="nlu")
    assert model is not None
    return Agent.load(model)


def parse(bot: Agent, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Parse texts as a running bot does."""

    async def parse_all() -> list[dict[str, Any]]:
        return [await bot.parse_message(text) for text in texts]

    return asyncio.run(parse_all())
