"""Sentences as word classes, by the English word lists."""

from __future__ import annotations

import pytest

from benchmarks.wish.examples import read_words
from zendesk_handoff.wish.lexicon import Lexicon


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(read_words("en"))


def read(lexicon: Lexicon, text: str, *gaps: str) -> str:
    words = text.split()
    return " ".join(c for c in lexicon.read(words, gaps or [" "] * (len(words) - 1)) if c)


def test_synonyms_are_read_alike(lexicon):
    assert read(lexicon, "get an agent") == read(lexicon, "gimme the employee")


def test_a_typing_error_is_corrected(lexicon):
    for typo in ("agnet", "agnt", "agennt", "agemt"):
        assert read(lexicon, typo) == "edge person edge"


def test_another_word_is_no_typing_error(lexicon):
    for word in ("arson", "urgent", "red", "what", "contract", "account", "broken", "stuff"):
        assert read(lexicon, word) in ("edge something edge", f"edge {word} edge")


def test_fillers_are_skipped_and_unknown_words_merged(lexicon):
    assert read(lexicon, "hello my blue kitchen lamp please") == "edge my something edge"


def test_punctuation_is_an_edge(lexicon):
    assert read(lexicon, "no agent now", ", ", "! ") == "edge not edge person edge"


def test_each_token_has_a_class(lexicon):
    words = ["please", "12", "13", "agent", "please"]
    assert len(lexicon.read(words, [" "] * 4)) == len(words)
    assert lexicon.read([], []) == []


def test_a_word_in_two_lists_is_an_error():
    with pytest.raises(ValueError, match="'agent' stands in the lookup tables 'bot' and 'person'"):
        Lexicon({"person": ["agent"], "bot": ["agent"]})
