"""Quality of the demo bot's intent `human_handoff`, in domains that it does not know.

The utterances in data/requests_*.yml are for measuring: none of them is a training example. The
floors lie a little below what docs/intent.md reports.
"""

from __future__ import annotations

import asyncio
import re

import pytest
import yaml
from rapidfuzz import fuzz, process

from benchmarks.intent import INTENT, Score, parse_all, read_set, score
from tests.support.servers import MODEL, ROOT

DATA = ROOT / "tests" / "data"
FILES = ("requests_unseen.yml", "requests_looked_at.yml")
EXAMPLES = [
    (block["intent"], line.removeprefix("- "))
    for file in sorted((ROOT / "data" / "nlu").glob("*.yml"))
    for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]
    if "intent" in block
    for line in block["examples"].splitlines()
]
# A line of so few words may well occur in both: "real person please", "can I talk to you".
PHRASE = 5


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


@pytest.fixture(scope="module")
def measured() -> Score:
    utterances = read_set(DATA / "requests_unseen.yml")
    readings = asyncio.run(parse_all(MODEL, [u.text for u in utterances]))
    recognized = [reading["intent"]["name"] == INTENT for reading in readings]
    return score([u.wanted for u in utterances], recognized)


def test_the_sample_is_large_enough(measured):
    assert measured.hits + measured.misses >= 250
    assert measured.negatives >= 600


@pytest.mark.parametrize("name", FILES)
def test_no_utterance_is_a_training_example(name):
    taught = [plain(text) for _, text in EXAMPLES]
    copied = [
        text
        for text in (plain(utterance.text) for utterance in read_set(DATA / name))
        if len(text.split()) > PHRASE
        and process.extractOne(text, taught, scorer=fuzz.ratio, score_cutoff=95)
    ]
    assert not copied


def test_most_requests_for_a_human_are_recognized(measured):
    assert measured.recall is not None
    assert measured.recall >= 0.88


def test_most_recognized_requests_are_right_even_among_similar_ones(measured):
    assert measured.precision is not None
    assert measured.precision >= 0.88
