"""The result of a check: what was found, and what a person is to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """The outcome of a check."""

    FINE = "ok"
    #: The bot does not work, or not for every user.
    ERROR = "error"
    #: It works, but a person should look at it.
    WARNING = "warning"
    #: Not applicable, or not known.
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Args:
        check: The name of the check; several findings of one check have the same.
        outcome: Whether a person has something to do.
        cause: What was found, for a developer; never a secret or a user's words.
        cure: What to do; empty if there is nothing to do.
    """

    check: str
    outcome: Outcome
    cause: str
    cure: str = ""


def fine(check: str, cause: str) -> Finding:
    """Make a finding with nothing to do."""
    return Finding(check, Outcome.FINE, cause)


def problem(check: str, cause: str, cure: str) -> Finding:
    """Make a finding that keeps the bot from working."""
    return Finding(check, Outcome.ERROR, cause, cure)


def warning(check: str, cause: str, cure: str) -> Finding:
    """Make a finding that a person should look at."""
    return Finding(check, Outcome.WARNING, cause, cure)


def skipped(check: str, cause: str, cure: str = "") -> Finding:
    """Make a finding of a check that is not applicable, or whose result is not known."""
    return Finding(check, Outcome.SKIPPED, cause, cure)


def listed(names: Iterable[str]) -> str:
    """Write names in a sentence; of many, the first ones."""
    every = list(names)
    if len(every) > 5:
        every = [*every[:4], f"{len(every) - 4} more"]
    return ", ".join(every[:-1]) + " and " + every[-1] if len(every) > 1 else "".join(every)
