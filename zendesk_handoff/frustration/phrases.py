"""Word lists by language, and the search for their phrases in one pass over a text.

A word list is a text file `words/<language>.txt`: groups in brackets, one phrase a line. Any group
may be missing; without `function` a list is used only where the locale names its language.
CONTRIBUTING.md lists what else a language needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files

from zendesk_handoff.domain.language import ENGLISH, language_of

_TOKEN = re.compile(r"[^\W_]+|[$£€]")
_APOSTROPHES = str.maketrans("", "", "'’`´")
#: Groups of single words that are looked up one by one and never searched for.
_WORD_GROUPS = ("function", "common", "vague", "numbers")
_ANY_NUMBER = "<n>"
_STEM = 3  # letters by which a "word*" phrase is looked up


def tokens_of(text: str) -> list[str]:
    """Split a text into lower-case words without apostrophes."""
    return _TOKEN.findall(text.lower().translate(_APOSTROPHES))


class PhraseBook:
    """Groups of phrases, looked up by their first word.

    Attributes:
        function_words: The words by which the language is detected; none if the list has none.
        common: Words that do not count where two messages are compared.
        vague: Words that do not say either what a message is about.
    """

    def __init__(self, groups: dict[str, list[str]]) -> None:
        """Index the phrases of each group."""
        self.function_words, self.common, vague, self._numbers = (
            frozenset(groups.get(name, ())) for name in _WORD_GROUPS
        )
        self.vague = self.common | vague
        self._exact: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._stems: dict[str, list[tuple[str, str]]] = {}
        for group, phrases in groups.items():
            for phrase in phrases if group not in _WORD_GROUPS else ():
                self._add(phrase, group)

    def _add(self, phrase: str, group: str) -> None:
        if phrase.endswith("*"):
            self._stems.setdefault(phrase[:_STEM], []).append((phrase[:-1], group))
            return
        first, *rest = phrase.split()
        self._exact.setdefault(first, []).append((tuple(rest), group))

    def find(self, tokens: Sequence[str]) -> dict[str, list[str]]:
        """Find phrases in a text, by group, each occurrence once."""
        found: dict[str, list[str]] = {}
        for position, token in enumerate(tokens):
            entries = self._exact.get(token, ())
            if token in self._numbers or token.isdigit():
                entries = (*entries, *self._exact.get(_ANY_NUMBER, ()))
            for rest, group in entries:
                end = position + 1 + len(rest)
                if not rest or tuple(tokens[position + 1 : end]) == rest:
                    found.setdefault(group, []).append(" ".join(tokens[position:end]))
            for stem, group in self._stems.get(token[:_STEM], ()):
                if token.startswith(stem):
                    found.setdefault(group, []).append(token)
        return found


def read_groups(lines: Iterable[str]) -> dict[str, list[str]]:
    """Read a word list: `[group]` lines, phrases below them, `#` before a comment."""
    groups: dict[str, list[str]] = {}
    group: list[str] = []
    for line in lines:
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if entry.startswith("["):
            group = groups.setdefault(entry.strip("[]"), [])
        else:
            group.append(entry.translate(_APOSTROPHES))
    return groups


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """List the languages that have a word list."""
    names = (entry.name for entry in (files(__package__) / "words").iterdir())
    return tuple(sorted(name.removesuffix(".txt") for name in names if name.endswith(".txt")))


@cache
def phrase_book(language: str) -> PhraseBook:
    """Load a language's word list, once."""
    text = (files(__package__) / "words" / f"{language}.txt").read_text(encoding="utf-8")
    return PhraseBook(read_groups(text.splitlines()))


def detect_language(texts: Iterable[str], *, locale: str | None = None) -> str:
    """Choose the word list: the locale's, else the one whose function words are most frequent.

    Args:
        texts: Messages of the user.
        locale: A tag such as `de` or `es-MX`, used where there is a list for it.
    """
    if locale and (named := language_of(locale)) in languages():
        return named
    tokens = frozenset(token for text in texts for token in tokens_of(text))
    votes = {each: len(tokens & phrase_book(each).function_words) for each in languages()}
    best = max(votes, key=votes.__getitem__)
    return best if votes[best] > votes[ENGLISH] else ENGLISH
