"""The word lists by which phrases are shortened, one file a language."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

ENGLISH = "en"


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


def language_of(locale: str | None) -> str:
    """Read the language of a locale tag: ``de`` for ``de_AT`` or ``de-CH``.

    Args:
        locale: A BCP 47 tag, or a Java-like one; English where it is not known.
    """
    return (locale or ENGLISH).replace("_", "-").split("-")[0].strip().lower() or ENGLISH


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
    groups: dict[str, set[str]] = {}
    group: set[str] = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            group = groups.setdefault(line.strip("[] "), set())
        elif not line.startswith("#"):
            group.update([line.strip()] if group is groups.get("formulas") else line.split())
    return Words(**{field.name: frozenset(groups[field.name]) for field in fields(Words)})


@cache
def formulas_of(language: str) -> re.Pattern[str]:
    """Build the pattern of courtesies without information, such as "have a nice day".

    Args:
        language: As `language_of` gives it.
    """
    formulas = sorted(filter(None, words_of(language).formulas), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, formulas))})\b[ ,.!?]*", re.IGNORECASE)
