"""Checks of the environment: Python, Rasa, and packages that another install has moved."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version

# The version that Rasa 3.6 pins is older than its own pyparsing, and would fill a server's log.
warnings.filterwarnings("ignore", module=r"packaging\.", category=DeprecationWarning)

from packaging.requirements import Requirement

from zendesk_handoff.bounds import check_bounds, installed
from zendesk_handoff.checks.finding import Finding, fine, problem, skipped
from zendesk_handoff.errors import UnsupportedEnvironment

#: The distributions whose requirements must be met.
_CHECKED = ("rasa", "rasa-pro", "rasa-sdk", "zendesk-handoff")


def check_environment() -> list[Finding]:
    """Check Python and Rasa, and what is installed beside them."""
    found = installed()
    if found.rasa is None and found.rasa_pro is None:
        return [
            skipped("environment", f"{found} The bot's own environment cannot be checked from it.")
        ]
    try:
        check_bounds(found)
    except UnsupportedEnvironment as error:
        cure = f"Install a pair that is supported: {error.supported}."
        return [problem("environment", error.found, cure)]
    conflicts = list(_conflicts())
    python = ".".join(map(str, found.python))
    rasa = f"Rasa Pro {found.rasa_pro}" if found.rasa_pro else f"Rasa {found.rasa}"
    return conflicts or [
        fine("environment", f"{rasa} on Python {python}, with the packages it needs.")
    ]


def _conflicts() -> Iterator[Finding]:
    for distribution in _CHECKED:
        for line in _requirements(distribution):
            needed = _parse(line)
            if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
                continue
            there = _version(needed.name)
            if there is not None and needed.specifier.contains(there, prereleases=True):
                continue
            has = "is not installed" if there is None else f"{there} is installed"
            wanted = f"{needed.name}{needed.specifier}"
            cause = (
                f"{needed.name} {has}, and {distribution} {_version(distribution)} needs {wanted}."
            )
            yield problem("environment", cause, f"Put it back: pip install '{wanted}'")


@cache
def _parse(line: str) -> Requirement:
    return Requirement(line)


def _requirements(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except PackageNotFoundError:
        return []


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
