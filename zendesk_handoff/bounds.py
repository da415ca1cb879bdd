"""Supported pairs of Python and Rasa, and the checks that reject any other environment.

Nothing of Rasa is imported with this module: its modules differ from one version to the next.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from zendesk_handoff.errors import MissingDependency, UnsupportedEnvironment


@dataclass(frozen=True)
class Pair:
    """A Python and the Rasa versions that are supported on it.

    Args:
        python: Major and minor version.
        rasa: The first version of Rasa Open Source.
        below: The first version that is no longer supported.
    """

    python: tuple[int, int]
    rasa: tuple[int, ...]
    below: tuple[int, ...]

    @property
    def requirement(self) -> str:
        """The Rasa versions as a requirement of this distribution's extra ``rasa``."""
        return f"rasa>={_dotted(self.rasa)},<{_dotted(self.below)}"

    def __str__(self) -> str:
        """Name both for an operator."""
        rasa, below, python = map(_dotted, (self.rasa, self.below, self.python))
        return f"Rasa Open Source {rasa} or newer, below {below}, on Python {python}"


@dataclass(frozen=True)
class Installed:
    """The Python and Rasa of an environment.

    Args:
        python: The version of Python.
        rasa: The version of the package ``rasa``; ``None`` if it is not installed.
        rasa_pro: The version of the distribution ``rasa-pro``, which has its own package ``rasa``.
    """

    python: tuple[int, ...]
    rasa: str | None
    rasa_pro: str | None = None

    def __str__(self) -> str:
        """Describe it in a sentence."""
        name = "no Rasa"
        if self.rasa_pro is not None:
            name = f"Rasa Pro {self.rasa_pro}"
        elif self.rasa is not None:
            name = f"Rasa {self.rasa}"
        return f"There is {name} on Python {_dotted(self.python[:2])} here."


#: Every pair that the plugin is tested with.
SUPPORTED = (Pair(python=(3, 10), rasa=(3, 6, 20), below=(3, 7)),)


def installed() -> Installed:
    """Read this environment; an imported Rasa takes precedence over metadata."""
    rasa = getattr(sys.modules.get("rasa"), "__version__", None) or _version_of("rasa")
    return Installed(sys.version_info[:3], rasa, _version_of("rasa-pro"))


def require(package: str, *, extra: str, by: str) -> None:
    """Check that a package is installed, before a module imports from it.

    Args:
        package: The package's import name.
        extra: The extra of this distribution that installs it.
        by: The module that needs it.

    Raises:
        MissingDependency: It is not installed.
    """
    try:
        import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise  # the package is there, and something that it needs is not
        raise MissingDependency(by, package, extra) from None


def check_bounds(found: Installed | None = None) -> None:
    """Check that Python and Rasa are a supported pair.

    Args:
        found: An environment; this one by default.

    Raises:
        UnsupportedEnvironment: They are not.
    """
    found = found or installed()
    number = _release(found.rasa)
    is_supported = found.rasa_pro is None and any(
        found.python[:2] == pair.python and pair.rasa <= number < pair.below for pair in SUPPORTED
    )
    if not is_supported:
        raise UnsupportedEnvironment(str(found), _supported())


def check_method(owner: type, name: str) -> None:
    """Check that a class itself defines the method that is to be wrapped.

    If the class is abstract, only its subclasses' methods run, and never the wrapper.

    Args:
        owner: A class of Rasa's.
        name: Its coroutine method.

    Raises:
        UnsupportedEnvironment: Another method would run instead.
    """
    method = inspect.unwrap(vars(owner).get(name) or _absent)
    if inspect.isabstract(owner) or not inspect.iscoroutinefunction(method):
        raise UnsupportedEnvironment(
            f"{installed()} {_path(owner)}.{name} is not what handles messages in it.",
            _supported(),
        )


def check_wrapped(kind: type, name: str, wrapper: Callable[..., Any]) -> None:
    """Check that a class's method is the given wrapper, or is wrapped around it.

    Args:
        kind: The class of the object in use.
        name: The method.
        wrapper: The function that replaced the method.

    Raises:
        UnsupportedEnvironment: A subclass or another wrapper has replaced it.
    """
    method = getattr(kind, name, None)
    while method is not wrapper:
        method = getattr(method, "__wrapped__", None)
        if method is None:
            raise UnsupportedEnvironment(
                f"{installed()} {_path(kind)}.{name} is not zendesk-handoff's: messages would "
                "bypass it.",
                f"{_supported()}, with Rasa's own classes or ones that leave {name} alone",
            )


def _absent() -> None:
    """Placeholder for a method that a class does not define."""


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
    """Read the numbers of a version; a suffix (``rc1``, ``.dev2``) is ignored."""
    found = re.match(r"\d+(?:\.\d+)*", text or "")
    return tuple(map(int, found[0].split("."))) if found else ()


def _dotted(number: tuple[int, ...]) -> str:
    return ".".join(map(str, number))
