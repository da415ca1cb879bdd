"""Choices that a user makes in words: by a title, or by its number in a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def bare(text: str) -> str:
    """Return a text without the marks that people write around a number: "2.", "(2)".

    Args:
        text: A user's, or a title.
    """
    return text.strip().casefold().lstrip("(").rstrip(".)")


def chosen(
    text: str, choices: Sequence[Mapping[str, Any]], *, by_number: bool
) -> Mapping[str, Any] | None:
    """Find the choice that a user has made.

    Args:
        text: The user's.
        choices: Each with a ``title``, in the order of their numbers from 1 on.
        by_number: Whether a number means one of them; titles always do.
    """
    said = bare(text)
    for each in choices:
        if said == bare(str(each.get("title") or "")):
            return each
    numbers = {str(number): each for number, each in enumerate(choices, start=1)}
    return numbers.get(said) if by_number else None
