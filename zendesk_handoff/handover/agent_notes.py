"""What the plugin itself writes to the agents, in their language: one file a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from zendesk_handoff.domain.language import ENGLISH, language_of
from zendesk_handoff.domain.session import EndReason


def agent_note(name: str, language: str | None, **values: str) -> str:
    """Return a notice to the agents.

    Args:
        name: Its key in the files.
        language: The connector's ``agent_language``; English where there is no file for it.
        **values: The values of its placeholders.
    """
    return notes_in(language)[name].format(**values)


def closing_note(reason: str, language: str | None) -> str:
    """Return the notice at the end of a session from our side.

    Args:
        reason: The reason of the end.
        language: The connector's ``agent_language``; English where there is no file for it.
    """
    notes = notes_in(language)
    return notes.get(f"end_{reason}") or notes[f"end_{EndReason.USER.value}"]


@cache
def correction_room() -> int:
    """Return the characters that a correction's text leaves free, whatever the agents' language."""
    return max(len(agent_note("corrected", each, text="")) for each in languages())


@cache
def languages() -> tuple[str, ...]:
    """List the languages that have notices."""
    names = (entry.name for entry in (files(__package__) / "words").iterdir())
    return tuple(sorted(name.removesuffix(".yml") for name in names if name.endswith(".yml")))


@cache
def notes_in(language: str | None) -> Mapping[str, str]:
    """Read the notices of a language; the English ones where there is no file for it."""
    name = language_of(language)
    path = files(__package__) / "words" / f"{name if name in languages() else ENGLISH}.yml"
    table: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table
