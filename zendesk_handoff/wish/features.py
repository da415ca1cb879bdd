"""Features of a message for the linear model: n-grams of word classes, words and letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zendesk_handoff.wish.lexicon import Lexicon

#: The kinds of n-grams, as prefixes of the keys.
CLASS, WORD, LETTER = "c:", "w:", "l:"
_CLASSES_IN_A_ROW = range(1, 5)
_WORDS_IN_A_ROW = range(1, 3)
_LETTERS_IN_A_ROW = range(3, 5)

# In French, what is elided is a word of its own: "j'aimerais", "qu'une", but "quelqu'un".
_TOKEN = re.compile(r"\b(?:[cdjlmnst]|qu)(?=['’])|\w+(?:['’]\w+)*", re.IGNORECASE)
#: Accents, which many leave out. An umlaut is spelled out: without it a word may be another.
_ACCENTS = re.compile("[\u0300-\u036f]")
#: A letter that is held down: "pleeease".
_REPEATED = re.compile(r"([a-z])\1{2,}")
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "’": "'"})


@dataclass(frozen=True)
class Words:
    """The words of a message.

    Attributes:
        text: The message.
        spans: Where each word stands in it: the first character and the one after the last.
        tokens: The words in lower case, without accents.
        gaps: The text between each word and the next.
    """

    text: str
    spans: Sequence[tuple[int, int]]
    tokens: Sequence[str]
    gaps: Sequence[str]


def split_words(text: str) -> Words:
    """Split a message into words."""
    text = unicodedata.normalize("NFC", text)
    spans = [match.span() for match in _TOKEN.finditer(text)]
    return Words(
        text=text,
        spans=spans,
        tokens=[_plain(text[start:end]) for start, end in spans],
        gaps=[text[one[1] : two[0]] for one, two in pairwise(spans)],
    )


def placed_features(words: Words, lexicon: Lexicon) -> Iterator[tuple[str, int, int]]:
    """List the n-grams of a message, each as often as it occurs.

    Args:
        words: The words of the message.
        lexicon: The word classes.

    Yields:
        The key, which is the prefix of the kind and the n-gram; the numbers of the first word that
        it covers and of the last.
    """
    # A token can stand at the edge of a clause, and then has two classes; a filler has none.
    classes = [
        (name, number)
        for number, names in enumerate(lexicon.read(words.tokens, words.gaps))
        for name in names.split()
    ]
    # Many leave the apostrophe out: "dont".
    tokens = [token.replace("'", "") for token in words.tokens]
    spoken = [(token, n) for n, token in enumerate(tokens) if lexicon.class_of(words.tokens[n])]
    yield from _in_a_row(CLASS, classes, _CLASSES_IN_A_ROW)
    # A filler by itself says nothing: requests have "please" more often than other messages. Beside
    # another word it does: "nurse please" is one, "nurse" is not.
    for n, (one, two) in enumerate(pairwise(map(lexicon.class_of, words.tokens))):
        if not one or not two:
            yield f"{WORD}{one or tokens[n]} {two or tokens[n + 1]}", n, n + 1
    yield from _in_a_row(WORD, spoken, _WORDS_IN_A_ROW)
    for n, token in enumerate(tokens):
        for gram in _letters(token):
            yield gram, n, n


def features_of(words: Words, lexicon: Lexicon) -> frozenset[str]:
    """List the n-grams of a message, each once: what is repeated means no more."""
    return frozenset(key for key, _, _ in placed_features(words, lexicon))


def _plain(word: str) -> str:
    word = _REPEATED.sub(r"\1", word.lower().translate(_SPELLED_OUT))
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", word)))


def _in_a_row(
    kind: str, items: Sequence[tuple[str, int]], lengths: range
) -> Iterator[tuple[str, int, int]]:
    for length in lengths:
        for start in range(len(items) - length + 1):
            row = items[start : start + length]
            yield kind + " ".join([name for name, _ in row]), row[0][1], row[-1][1]


def _letters(token: str) -> Iterator[str]:
    """List the n-grams of letters in a word, whose edges count as a space."""
    padded = f" {token} "
    for length in _LETTERS_IN_A_ROW:
        for start in range(len(padded) - length + 1):
            yield LETTER + padded[start : start + length]
