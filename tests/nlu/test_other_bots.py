"""The component in other people's bots: their own intents stay, and requests are heard."""

from __future__ import annotations

import pytest

from benchmarks.intent import read_set
from benchmarks.other_bots import BOTS, SHARED_BOTS, WITH, WITHOUT, cross_validate, hear
from tests.support.nlu import as_bytes
from tests.support.servers import ROOT
from tests.support.shared import needs_shared
from tools.nlu import STOCK_BOT, parse, train

STOCK = pytest.param(STOCK_BOT, id="rasa init")
OTHERS = [
    pytest.param(BOTS / path, id=name, marks=needs_shared(BOTS / path))
    for name, path in SHARED_BOTS.items()
]
#: `make test` cross-validates on the smaller one of the others, `make adoption` on both.
COMPARED = [
    pytest.param(
        BOTS / path,
        id=name,
        marks=[
            needs_shared(BOTS / path),
            *([pytest.mark.exhaustive] if name == "financial-demo" else []),
        ],
    )
    for name, path in SHARED_BOTS.items()
]
LATER = ("talk to you later", "talk to you soon", "speak later", "bye, we can chat tomorrow")


@pytest.mark.parametrize("data", [STOCK, *COMPARED])
def test_no_intent_of_the_bot_is_recognized_worse(data):
    compared = cross_validate(data, folds=2)
    examples, right, right_with = compared.of(compared.is_own)
    assert examples > 50
    assert right > examples / 3  # the bot itself works
    assert right_with >= right
    _, right, right_with = compared.of(~compared.is_own)
    assert right_with >= right


@pytest.mark.parametrize("data", [STOCK, *OTHERS])
def test_most_requests_are_heard(data):
    texts = [
        line.text
        for line in read_set(ROOT / "tests" / "data" / "requests_unseen.yml")
        if line.wanted
    ]
    heard = hear(data, texts, WITH)
    assert sum(heard) / len(texts) > 0.8


def test_a_farewell_is_none_in_a_small_bot(tmp_path):
    bot, same = train(tmp_path, WITH), train(tmp_path, WITHOUT)
    assert [as_bytes(each) for each in parse(bot, LATER)] == [
        as_bytes(each) for each in parse(same, LATER)
    ]
