"""Which words mean the same: reads a sentence as a row of word classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest

from rapidfuzz import process
from rapidfuzz.distance import OSA

ITSELF = "itself"
FILLER = "filler"
EDGE, NUMBER, SOMETHING = "edge", "number", "something"
PAUSES = frozenset(".,;:!?()\n–—…")
# Shorter words have too many neighbours: "chat" and "what", "rep" and "red".
FORGIVING_FROM = 5


class Lexicon:
    """Word lists by class, and the reading of sentences with them.

    Args:
        words: For each class its words, in lower case. A word of the class `itself` is a class of
            its own; those of the class `filler` are passed over.

    Raises:
        ValueError: If a word stands in two lists.
    """

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        """Sort the words by class."""
        self.words = {name: list(listed) for name, listed in words.items()}
        self._class_of: dict[str, str] = {}
        for name, listed in self.words.items():
            for word in listed:
                if word in self._class_of:
                    raise ValueError(
                        f"'{word}' stands in the lookup tables '{name}' and"
                        f" '{self._class_of[word]}': leave it in one of them"
                    )
                self._class_of[word] = name
        self._forgiving = [
            word
            for word, name in self._class_of.items()
            if len(word) >= FORGIVING_FROM and name != ITSELF
        ]
        self._cached = lru_cache(maxsize=10_000)(self._classify)

    def read(self, tokens: Sequence[str], gaps: Sequence[str]) -> list[str]:
        """Return the class of every token, with the edges of sentences and clauses.

        An edge looks the same wherever it is: "agent", "no, agent" and "agent! it is urgent" all
        hold the person between two edges. What is passed over is an empty string: fillers, and
        something unknown or a number right after its like.

        Args:
            tokens: The words.
            gaps: What stands between each of them and the next, one less than there are words.
        """
        classes: list[str] = []
        before = EDGE
        for token, gap in zip_longest(tokens, gaps, fillvalue=""):
            now = self._cached(token.lower().replace("’", "'"))
            if now == before and now in (SOMETHING, NUMBER):
                now = ""
            before = now or before
            if before != EDGE and not PAUSES.isdisjoint(gap):
                now, before = f"{now} {EDGE}".lstrip(), EDGE
            classes.append(now)
        if classes:
            classes[0] = f"{EDGE} {classes[0]}".rstrip()
            if before != EDGE:
                classes[-1] = f"{classes[-1]} {EDGE}".lstrip()
        return classes

    def _classify(self, word: str) -> str:
        name = self._class_of.get(word)
        if name is None and word[:1].isdigit():
            return NUMBER
        if name is None and len(word) >= FORGIVING_FROM - 1:
            # One slip: a letter too many, too few, another one, or two swapped. The first letter
            # is rarely the slip, and keeps "arson" from being a person.
            near = process.extractOne(word, self._forgiving, scorer=OSA.distance, score_cutoff=1)
            if near and near[0][0] == word[0]:
                name = self._class_of[near[0]]
        if name is None:
            return SOMETHING
        if name == FILLER:
            return ""
        return word if name == ITSELF else name
