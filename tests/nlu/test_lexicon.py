"""The word lists of the demo bot, and how a sentence is read with them."""

from __future__ import annotations

import pytest
import yaml

from tests.support.servers import ROOT
from zendesk_handoff.nlu.lexicon import Lexicon


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    tables = yaml.safe_load((ROOT / "data" / "nlu" / "words.yml").read_text("utf-8"))["nlu"]
    return Lexicon(
        {table["lookup"]: [w[2:] for w in table["examples"].splitlines()] for table in tables}
    )


def read(lexicon: Lexicon, text: str, *gaps: str) -> str:
    words = text.split()
    return " ".join(c for c in lexicon.read(words, gaps or [" "] * (len(words) - 1)) if c)


def test_synonyms_are_read_alike(lexicon):
    assert read(lexicon, "get an agent") == read(lexicon, "gimme the employee")


def test_a_slip_of_the_keyboard_is_forgiven(lexicon):
    for slip in ("agnet", "agnt", "agennt", "agemt"):
        assert read(lexicon, slip) == "edge person edge"


def test_another_word_is_no_slip(lexicon):
    for word in ("arson", "urgent", "red", "what"):
        assert "person" not in read(lexicon, word)


def test_fillers_are_passed_over_and_unknown_words_drawn_together(lexicon):
    assert read(lexicon, "hello my blue kitchen lamp please") == "edge my something edge"


def test_a_pause_is_an_edge(lexicon):
    assert read(lexicon, "no agent now", ", ", "! ") == "edge not edge person edge"


def test_there_is_one_reading_for_each_token(lexicon):
    words = ["please", "12", "13", "agent", "please"]
    assert len(lexicon.read(words, [" "] * 4)) == len(words)
    assert lexicon.read([], []) == []


def test_a_word_in_two_lists_is_a_fault():
    with pytest.raises(ValueError, match="'agent' stands in the lookup tables 'bot' and 'person'"):
        Lexicon({"person": ["agent"], "bot": ["agent"]})
