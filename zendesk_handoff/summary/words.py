"""The word lists by which phrases are shortened, one file a language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from zendesk_handoff.domain.language import ENGLISH


@dataclass(frozen=True)
class Words:
    """The word list of a language, by group; `languages/en.txt` explains the groups."""

    uninformative: frozenset[str]
    verbs: frozenset[str]
    relations: frozenset[str]
    relations_before_names: frozenset[str]
    negations: frozenset[str]
    rejection: frozenset[str]
    acceptance: frozenset[str]
    transaction: frozenset[str]
    greeting: frozenset[str]
    courtesy: frozenset[str]
    correction: frozenset[str]
    request_verbs: frozenset[str]
    question_words: frozenset[str]
    prepositions: frozenset[str]
    joiners: frozenset[str]
    thanks: frozenset[str]
    pronouns: frozenset[str]
    indifference: frozenset[str]
    formulas: frozenset[str]


@cache
def words_of(language: str) -> Words:
    """Read a language's word list, the English one where there is none.

    Args:
        language: As `language_of` gives it.
    """
    folder = files(__package__) / "languages"
    path = folder / f"{language}.txt"
    if not language.isalpha() or not path.is_file():
        path = folder / f"{ENGLISH}.txt"
    return read_words(path.read_text(encoding="utf-8").splitlines())


def read_words(lines: Iterable[str]) -> Words:
    """Read a word list: `[group]` lines, words below them, `#` before a comment.

    Args:
        lines: The list; a group that it lacks is empty.
    """
    groups: dict[str, set[str]] = {}
    group: set[str] = set()
    for line in lines:
        if line.startswith("["):
            group = groups.setdefault(line.strip("[] "), set())
        elif not line.startswith("#"):
            group.update([line.strip()] if group is groups.get("formulas") else line.split())
    return Words(**{field.name: frozenset(groups.get(field.name, ())) for field in fields(Words)})


@cache
def formulas_of(language: str) -> re.Pattern[str]:
    """Build the pattern of courtesies without information, such as "have a nice day".

    Args:
        language: As `language_of` gives it.
    """
    return formula_pattern(words_of(language).formulas)


def formula_pattern(formulas: Iterable[str]) -> re.Pattern[str]:
    """Build the pattern of phrases, of which the longest that fits is found.

    Args:
        formulas: The phrases; without any the pattern matches nothing.
    """
    formulas = sorted(filter(None, formulas), key=len, reverse=True)
    if not formulas:
        return re.compile("(?!)")
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, formulas))})\b[ ,.!?]*", re.IGNORECASE)
