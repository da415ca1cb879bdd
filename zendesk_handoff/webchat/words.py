"""The page's words: one file a language, ``words/<language>.yml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from zendesk_handoff.domain.language import ENGLISH, language_of

#: The words that the launcher needs, which begin so.
LAUNCHER = "launcher_"


@cache
def languages() -> tuple[str, ...]:
    """List the languages of the page."""
    names = (entry.name for entry in (files(__package__) / "words").iterdir())
    return tuple(sorted(name.removesuffix(".yml") for name in names if name.endswith(".yml")))


@cache
def words_in(language: str) -> Mapping[str, str]:
    """Read the words of a language.

    Args:
        language: One of ``languages()``.
    """
    text = (files(__package__) / "words" / f"{language}.yml").read_text(encoding="utf-8")
    table: dict[str, str] = yaml.safe_load(text)
    return table


def choose_language(locale: str | None, accepted: str | None) -> str:
    """Choose the page's language: that of the address, else the browser's first that there is.

    Args:
        locale: A BCP 47 tag, as the page's address gives it.
        accepted: The header ``Accept-Language``.
    """
    ranges = (part.partition(";") for part in (accepted or "")[:500].split(","))
    weighted = sorted(((_weight(rest), tag) for tag, _, rest in ranges), key=lambda pair: -pair[0])
    wanted = [locale or "", *(tag for weight, tag in weighted if weight > 0)]
    known = (language_of(tag) for tag in wanted if tag.strip())
    return next((language for language in known if language in languages()), ENGLISH)


def _weight(parameters: str) -> float:
    """Read a language's weight (RFC 9110, section 12.4.2); 1 where none is given."""
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    return (
        float(value)
        if value.replace(".", "", 1).isascii() and value.replace(".", "", 1).isdigit()
        else 0.0
    )
