"""Word classes: lists of words with the same meaning, and sentences as sequences of classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import zip_longest
from math import inf

from rapidfuzz import process
from rapidfuzz.distance import OSA

ITSELF = "itself"
FILLER = "filler"
FIRST_NAME = "first_name"
EDGE, NUMBER, SOMETHING = "edge", "number", "something"
PAUSES = frozenset(".,;:!?()\n–—…")
# Shorter words have too many similar ones: "chat" and "what", "rep" and "red".
FUZZY_FROM = 5
#: Classes whose words must be spelled right. Many names are like another word: "Brian", "brain".
EXACT = frozenset({ITSELF, FIRST_NAME})


class Lexicon:
    """Word lists by class, and the classification of a sentence's tokens.

    Args:
        words: For each class its words, in lower case. A word of the class `itself` is a class of
            its own; those of the class `filler` are skipped. Words of the classes `EXACT` must be
            spelled right.

    Raises:
        ValueError: If a word stands in two lists.
    """

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        """Index the words by class."""
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
        fuzzy = [
            word
            for word, name in self._class_of.items()
            if len(word) >= FUZZY_FROM and name not in EXACT
        ]
        # A message of many unknown words must be compared with few of these: it would keep the
        # server's other users waiting.
        self._place = {word: place for place, word in enumerate(fuzzy)}
        self._place_by_rest: dict[str, int] = {}
        self._similar: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        for place, word in enumerate(fuzzy):
            self._place_by_rest.setdefault(word[1:], place)
            for length in range(len(word) - 1, len(word) + 2):
                self._similar[word[0], length].append(word)
        self._classify_once = lru_cache(maxsize=10_000)(self._classify)

    def read(self, tokens: Sequence[str], gaps: Sequence[str]) -> list[str]:
        """Return the class of every token, with the edges of sentences and clauses.

        All edges are alike: "agent", "no, agent" and "agent! it is urgent" all have the person
        between two edges. A skipped token is an empty string: a filler, and an unknown word or a
        number right after another one.

        Args:
            tokens: The words of the sentence.
            gaps: The text between each token and the next, one less than there are tokens.
        """
        classes: list[str] = []
        before = EDGE
        for token, gap in zip_longest(tokens, gaps, fillvalue=""):
            current = self.class_of(token.lower().replace("’", "'"))
            if current == before and current in (SOMETHING, NUMBER):
                current = ""
            before = current or before
            if before != EDGE and not PAUSES.isdisjoint(gap):
                current, before = f"{current} {EDGE}".lstrip(), EDGE
            classes.append(current)
        if classes:
            classes[0] = f"{EDGE} {classes[0]}".rstrip()
            if before != EDGE:
                classes[-1] = f"{classes[-1]} {EDGE}".lstrip()
        return classes

    def class_of(self, word: str) -> str:
        """Return the class of one word in lower case; of a filler an empty string."""
        return self._classify_once(word)

    def _classify(self, word: str) -> str:
        name = self._class_of.get(word)
        if name is None and word[:1].isdigit():
            return NUMBER
        if name is None and "'" in word:
            # A contraction has the classes of its parts: "who'll", "don't".
            parts = word.split("'")
            if all(part in self._class_of for part in parts):
                return " ".join(filter(None, map(self._classify, parts)))
        if name is None and len(word) >= FUZZY_FROM - 1:
            near = self._nearest(word)
            name = None if near is None else self._class_of[near]
        if name is None:
            return SOMETHING
        if name == FILLER:
            return ""
        return word if name == ITSELF else name

    def _nearest(self, word: str) -> str | None:
        """Find the listed word that is one typing error away.

        That is a letter too many, too few, another one, or two swapped. The first letter is rarely
        wrong, and keeps "arson" from being a person. Where a word that is listed earlier differs
        from it in the first letter alone, nothing is sure: "purse" may be "nurse".
        """
        similar = self._similar.get((word[0], len(word)), ())
        near = process.extractOne(word, similar, scorer=OSA.distance, score_cutoff=1)
        if near is None:
            return None
        rest, swapped = word[1:], word[1] + word[0] + word[2:]
        places = [self._place_by_rest.get(rest), self._place_by_rest.get(word)]
        places += [self._place.get(rest), self._place.get(swapped)]
        others = [place for place in places if place is not None]
        return near[0] if self._place[near[0]] <= min(others, default=inf) else None
