"""Example messages for the bot's own classifier, one file a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from zendesk_handoff.domain.language import ENGLISH, language_of


def examples_of(language: str | None) -> Mapping[str, list[str]]:
    """Return examples of ``affirm``, ``deny`` and ``request``.

    Args:
        language: The bot's language, as a BCP 47 tag; English where there is no file for it.
    """
    found = language_of(language)
    return _read(found if (files(__package__) / f"{found}.yml").is_file() else ENGLISH)


@cache
def _read(language: str) -> Mapping[str, list[str]]:
    text = (files(__package__) / f"{language}.yml").read_text(encoding="utf-8")
    examples: dict[str, list[str]] = yaml.safe_load(text)
    return examples
