"""Supported pairs of Python and Rasa, and the checks that refuse any other environment.

Nothing of Rasa is imported here: its modules differ from one version to the next.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from zendesk_handoff.errors import UnsupportedEnvironment


@dataclass(frozen=True)
class Pair:
    """A Python and the Rasa versions that are supported on it.

    Args:
        python: Major and minor version.
        rasa: The first version of Rasa Open Source.
        below: The first version that is supported no more.
    """

    python: tuple[int, int]
    rasa: tuple[int, ...]
    below: tuple[int, ...]

    def __str__(self) -> str:
        """Name both, as an operator reads them."""
        rasa, below, python = map(_dotted, (self.rasa, self.below, self.python))
        return f"Rasa Open Source {rasa} or newer, below {below}, on Python {python}"


@dataclass(frozen=True)
class Installed:
    """An environment.

    Args:
        python: Its version.
        rasa: The version of the package ``rasa``; ``None`` where there is none.
        rasa_pro: The version of the distribution ``rasa-pro``, which brings a ``rasa`` of its own.
    """

    python: tuple[int, ...]
    rasa: str | None
    rasa_pro: str | None = None

    def __str__(self) -> str:
        """Say it in a sentence."""
        name = "no Rasa"
        if self.rasa_pro is not None:
            name = f"Rasa Pro {self.rasa_pro}"
        elif self.rasa is not None:
            name = f"Rasa {self.rasa}"
        return f"There is {name} on Python {_dotted(self.python[:2])} here."


#: Every pair that the plugin is tested with.
SUPPORTED = (Pair(python=(3, 10), rasa=(3, 6, 20), below=(3, 7)),)


def installed() -> Installed:
    """Look at this environment; a Rasa that is imported already counts before any metadata."""
    rasa = getattr(sys.modules.get("rasa"), "__version__", None) or _version_of("rasa")
    return Installed(sys.version_info[:3], rasa, _version_of("rasa-pro"))


def check_bounds(found: Installed | None = None) -> None:
    """Make sure that Python and Rasa are a supported pair.

    Args:
        found: An environment; this one by default.

    Raises:
        UnsupportedEnvironment: With what is installed, what is supported and what to do.
    """
    found = found or installed()
    number = _release(found.rasa)
    is_supported = found.rasa_pro is None and any(
        found.python[:2] == pair.python and pair.rasa <= number < pair.below for pair in SUPPORTED
    )
    if not is_supported:
        raise UnsupportedEnvironment(str(found), _supported())


def check_method(owner: type, name: str) -> None:
    """Make sure that a class itself has the method that a wrapper is to be put around.

    Where the class is abstract, the subclasses' methods run, and the wrapper's never.

    Args:
        owner: A class of Rasa's.
        name: Its coroutine method.

    Raises:
        UnsupportedEnvironment: If another method is the one that runs.
    """
    method = inspect.unwrap(vars(owner).get(name) or _absent)
    if inspect.isabstract(owner) or not inspect.iscoroutinefunction(method):
        raise UnsupportedEnvironment(
            f"{installed()} {_path(owner)}.{name} is not what handles messages in it.",
            _supported(),
        )


def check_wrapped(kind: type, name: str, wrapper: Callable[..., Any]) -> None:
    """Make sure that a class has a wrapper as its method, or something around that wrapper.

    Args:
        kind: The class of the object that is used.
        name: The method.
        wrapper: What was put in the method's place.

    Raises:
        UnsupportedEnvironment: If a subclass or another wrapper has put its own there.
    """
    method = getattr(kind, name, None)
    while method is not wrapper:
        method = getattr(method, "__wrapped__", None)
        if method is None:
            raise UnsupportedEnvironment(
                f"{installed()} {_path(kind)}.{name} is somebody else's: messages would pass "
                "zendesk-handoff by.",
                f"{_supported()}, with Rasa's own classes or ones that leave {name} alone",
            )


def _absent() -> None:
    """Stand for a method that a class does not have."""


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _supported() -> str:
    return "; ".join(map(str, SUPPORTED))


def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _release(text: str | None) -> tuple[int, ...]:
    """Read the numbers of a version; what follows them (``rc1``, ``.dev2``) does not count."""
    found = re.match(r"\d+(?:\.\d+)*", text or "")
    return tuple(map(int, found[0].split("."))) if found else ()


def _dotted(number: tuple[int, ...]) -> str:
    return ".".join(map(str, number))
