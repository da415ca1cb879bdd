"""Sentences as word classes, by the English word lists."""

from __future__ import annotations

from random import Random
from string import ascii_lowercase

import pytest
from rapidfuzz import process
from rapidfuzz.distance import OSA

from benchmarks.wish.examples import read_words
from zendesk_handoff.wish.lexicon import EXACT, FUZZY_FROM, Lexicon
from zendesk_handoff.wish.model import models


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


def test_a_contraction_is_read_as_its_words(lexicon):
    assert read(lexicon, "I'd like an agent") == read(lexicon, "I like an agent")
    for text in ("don't", "dont", "isn't", "won’t"):
        assert read(lexicon, text) == "edge not edge"
    assert read(lexicon, "can't") == "edge can not edge"
    assert read(lexicon, "the printer's") == "edge a something edge"


def test_a_first_name_has_no_typing_errors(lexicon):
    assert read(lexicon, "brian") == "edge first_name edge"
    assert read(lexicon, "brain") == "edge something edge"


def test_each_token_has_a_class(lexicon):
    words = ["please", "12", "13", "agent", "please"]
    assert len(lexicon.read(words, [" "] * 4)) == len(words)
    assert lexicon.read([], []) == []


def test_a_word_in_two_lists_is_an_error():
    with pytest.raises(ValueError, match="'agent' stands in the lookup tables 'bot' and 'person'"):
        Lexicon({"person": ["agent"], "bot": ["agent"]})


def mistyped(word, random):
    at, letter = random.randrange(len(word)), random.choice(ascii_lowercase)
    head, tail = word[:at], word[at + 1 :]
    return [
        head + letter + word[at:],
        head + tail,
        head + letter + tail,
        head + word[at : at + 2][::-1] + word[at + 2 :],
    ]


@pytest.mark.parametrize("model", models(), ids=lambda model: model.language)
def test_the_nearest_of_all_listed_words_is_found_among_few(model, monkeypatch):
    listed = model.lexicon.words
    fuzzy = [
        word
        for name, words in listed.items()
        for word in words
        if name not in EXACT and len(word) >= FUZZY_FROM
    ]
    random = Random(1)
    tried = {each for word in fuzzy for each in mistyped(word, random)}
    tried = sorted(each for each in tried - set(fuzzy) if len(each) >= FUZZY_FROM - 1)
    compared, extract = [], process.extractOne

    def counted(word, choices, **values):
        compared.append(len(choices))
        return extract(word, choices, **values)

    monkeypatch.setattr(process, "extractOne", counted)
    found = {word: model.lexicon._nearest(word) for word in tried}
    assert sum(compared) / len(compared) < len(fuzzy) / 8
    for word, nearest in found.items():
        near = extract(word, fuzzy, scorer=OSA.distance, score_cutoff=1)
        assert nearest == (near[0] if near and near[0][0] == word[0] else None), word
    assert sum(each is not None for each in found.values()) > len(found) / 3
