"""Features of a message for the linear model: n-grams of word classes, words and letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zendesk_handoff.wish.lexicon import Lexicon

#: The kinds of n-grams, as prefixes of the keys.
CLASS, WORD, LETTER = "c:", "w:", "l:"
_CLASSES_IN_A_ROW = range(1, 5)
_WORDS_IN_A_ROW = range(1, 3)
_LETTERS_IN_A_ROW = range(3, 5)

_TOKEN = re.compile(r"\w+(?:['’]\w+)*")


@dataclass(frozen=True)
class Words:
    """The words of a message.

    Attributes:
        tokens: In lower case, without punctuation.
        gaps: The text between each token and the next.
    """

    tokens: Sequence[str]
    gaps: Sequence[str]


def split_words(text: str) -> Words:
    """Split a message into words."""
    found = list(_TOKEN.finditer(text))
    return Words(
        tokens=[match.group().lower().replace("’", "'") for match in found],
        gaps=[text[one.end() : two.start()] for one, two in pairwise(found)],
    )


def features_of(words: Words, lexicon: Lexicon) -> frozenset[str]:
    """List the n-grams of a message, each once: what is repeated means no more.

    Args:
        words: The words of the message.
        lexicon: The word classes.

    Returns:
        Keys: the prefix of the kind and the n-gram.
    """
    # A token can stand at the edge of a clause, and then has two classes; a filler has none.
    classes = " ".join(lexicon.read(words.tokens, words.gaps)).split()
    return frozenset(
        [
            *_in_a_row(CLASS, classes, _CLASSES_IN_A_ROW),
            *_in_a_row(WORD, words.tokens, _WORDS_IN_A_ROW),
            *(gram for token in words.tokens for gram in _letters(token)),
        ]
    )


def _in_a_row(kind: str, items: Sequence[str], lengths: range) -> Iterator[str]:
    for length in lengths:
        for start in range(len(items) - length + 1):
            yield kind + " ".join(items[start : start + length])


def _letters(token: str) -> Iterator[str]:
    """List the n-grams of letters in a word, whose edges count as a space."""
    padded = f" {token} "
    for length in _LETTERS_IN_A_ROW:
        for start in range(len(padded) - length + 1):
            yield LETTER + padded[start : start + length]
