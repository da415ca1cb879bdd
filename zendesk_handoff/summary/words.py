"""The word lists by which phrases are shortened, one file a language."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from zendesk_handoff.domain.language import ENGLISH


@dataclass(frozen=True)
class Words:
    """The word list of a language, by group; `languages/en.txt` explains the groups."""

    drop: frozenset[str]
    verbs: frozenset[str]
    links: frozenset[str]
    towards: frozenset[str]
    negations: frozenset[str]
    rejection: frozenset[str]
    acceptance: frozenset[str]
    settling: frozenset[str]
    greeting: frozenset[str]
    courtesy: frozenset[str]
    correction: frozenset[str]
    wishing: frozenset[str]
    asking: frozenset[str]
    prepositions: frozenset[str]
    formulas: frozenset[str]


@cache
def words_of(language: str) -> Words:
    """Read a language's word list, the English one where there is none.

    A group that the list lacks is empty.

    Args:
        language: As `language_of` gives it.
    """
    folder = files(__package__) / "languages"
    path = folder / f"{language}.txt"
    if not language.isalpha() or not path.is_file():
        path = folder / f"{ENGLISH}.txt"
    groups: dict[str, set[str]] = {}
    group: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
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
    formulas = sorted(filter(None, words_of(language).formulas), key=len, reverse=True)
    if not formulas:
        return re.compile("(?!)")  # matches nothing
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, formulas))})\b[ ,.!?]*", re.IGNORECASE)
