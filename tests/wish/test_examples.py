"""The examples that the recogniser is fitted on, and the templates they are written out from."""

from __future__ import annotations

import pytest

from benchmarks.intent import read_set
from benchmarks.wish.examples import (
    MOST,
    PHRASE,
    in_a_set,
    read_examples,
    read_words,
    write_out,
)
from tests.support.servers import ROOT
from zendesk_handoff.wish import Kind
from zendesk_handoff.wish.features import split_words
from zendesk_handoff.wish.lexicon import Lexicon
from zendesk_handoff.wish.model import LANGUAGES

SETS = sorted((ROOT / "tests" / "data").glob("requests_*.yml"))


def test_a_template_is_written_out():
    lists = {"person": ["human", "[real|live] agent"]}
    assert write_out("[a|one] {person} please", lists) == [
        "a human please",
        "a real agent please",
        "a live agent please",
        "one human please",
        "one real agent please",
        "one live agent please",
    ]


def test_an_empty_alternative_leaves_no_gap():
    assert write_out("get [me |]a human[, please|]", {}) == [
        "get me a human, please",
        "get me a human",
        "get a human, please",
        "get a human",
    ]


def test_a_long_template_is_written_out_in_part_and_always_alike():
    template = " ".join(["[a|b|c]"] * 9)
    found = write_out(template, {})
    assert 1 < len(found) <= MOST
    assert write_out(template, {}) == found
    assert len(set(found)) == len(found)


def test_a_list_that_does_not_exist_is_an_error():
    with pytest.raises(KeyError, match="persn"):
        write_out("a {persn}", {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_examples(language):
    examples = read_examples(language)
    assert {example.kind for example in examples} == set(Kind)
    assert len({example.text for example in examples}) == len(examples) > 2000
    assert not [example.text for example in examples if set(example.text) & set("[]{}|")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_stands_in_two_classes(language):
    assert Lexicon(read_words(language)).words.keys() >= {"person", "talk", "not"}


def test_a_line_of_a_set_is_found():
    [line] = [
        line.text
        for line in read_set(ROOT / "tests" / "data" / "requests_looked_at.yml")
        if line.text.startswith("is there a human at the bank")
    ]
    texts = [line, line.upper() + "!", "is there a human at the zoo I can eat with", "agent"]
    assert in_a_set(texts) == [True, True, False, False]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_a_set_is_an_example(language):
    taught = {
        text
        for text in (_plain(example.text) for example in read_examples(language))
        if len(text.split()) >= PHRASE
    }
    lines = [_plain(line.text) for file in SETS for line in read_set(file)]
    assert not [line for line in lines if len(line.split()) > PHRASE and line in taught]


def _plain(text: str) -> str:
    return " ".join(split_words(text).tokens)
