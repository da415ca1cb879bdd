"""Supported pairs of Python and Rasa, and the checks that reject any other environment.

Nothing of Rasa is imported with this module: its modules differ from one version to the next.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

from zendesk_handoff.errors import MissingDependency, UnsupportedEnvironment


@dataclass(frozen=True)
class Pair:
    """A Rasa and the versions of it and of Python that are supported together.

    Args:
        name: The product.
        distribution: The package that installs it.
        rasa: The first version of Rasa.
        below: The first version that is no longer supported.
        python: The first version of Python, major and minor.
        last_python: The last one.
    """

    name: str
    distribution: str
    rasa: tuple[int, ...]
    below: tuple[int, ...]
    python: tuple[int, int]
    last_python: tuple[int, int]

    @property
    def requirement(self) -> str:
        """The Rasa versions as a requirement of this distribution's extra for it."""
        return f"{self.distribution}>={_dotted(self.rasa)},<{_dotted(self.below)}"

    def covers(self, python: tuple[int, ...], rasa: tuple[int, ...]) -> bool:
        """Tell whether versions are within these.

        Args:
            python: Python's.
            rasa: Rasa's.
        """
        return self.python <= python[:2] <= self.last_python and self.rasa <= rasa < self.below

    def __str__(self) -> str:
        """Name both for an operator."""
        python, last = _dotted(self.python), _dotted(self.last_python)
        pythons = python if python == last else f"{python} to {last}"
        rasa, below = _dotted(self.rasa), _dotted(self.below)
        return f"{self.name} {rasa} or newer, below {below}, on Python {pythons}"


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


#: The extra of this distribution that installs Rasa.
RASA_EXTRA = "rasa"
#: What the plugin is made for; docs/rasa-pro.md says what of it is tested.
OPEN_SOURCE = Pair(
    "Rasa Open Source",
    "rasa",
    rasa=(3, 6, 20),
    below=(3, 7),
    python=(3, 10),
    last_python=(3, 10),
)
PRO = Pair("Rasa Pro", "rasa-pro", rasa=(3, 20), below=(4,), python=(3, 11), last_python=(3, 14))
SUPPORTED = (OPEN_SOURCE, PRO)


def installed() -> Installed:
    """Read this environment; an imported Rasa takes precedence over metadata."""
    rasa = getattr(sys.modules.get("rasa"), "__version__", None) or _version_of("rasa")
    return Installed(sys.version_info[:3], rasa, _version_of("rasa-pro"))


def own_version() -> str:
    """Return the version of this package."""
    return _version_of("zendesk-handoff") or "0+unknown"  # run from a folder, never installed


def require(package: str, *, extra: str, by: str) -> None:
    """Check that a package is installed, before a module imports from it.

    Args:
        package: The package's import name.
        extra: The extra of this distribution that installs it.
        by: The module that needs it.

    Raises:
        MissingDependency: It is not installed.
        UnsupportedEnvironment: It is Rasa's, and there is no supported Rasa for this Python.
    """
    try:
        import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise  # the package is there, and something that it needs is not
        found = installed()
        if extra == RASA_EXTRA:
            pairs = [
                each for each in SUPPORTED if each.python <= found.python[:2] <= each.last_python
            ]
            if not pairs:  # pip would find none
                raise UnsupportedEnvironment(str(found), _supported()) from None
            extra = pairs[0].distribution
        raise MissingDependency(by, package, extra) from None


def check_bounds(found: Installed | None = None) -> None:
    """Check that Python and Rasa are a supported pair.

    Args:
        found: An environment; this one by default.

    Raises:
        UnsupportedEnvironment: They are not.
    """
    found = found or installed()
    pair, rasa = (OPEN_SOURCE, found.rasa) if found.rasa_pro is None else (PRO, found.rasa_pro)
    if not pair.covers(found.python, _release(rasa)):
        raise UnsupportedEnvironment(str(found), _supported())


def defining_classes(kind: type, name: str) -> list[type]:
    """List the classes whose method an object may run, to be wrapped in each of them.

    A subclass may define a method around its base class's, as Rasa Pro's tracing does.

    Args:
        kind: A class of Rasa's.
        name: Its coroutine method.

    Raises:
        UnsupportedEnvironment: The class is abstract, so that another method runs, or its method is
            no coroutine.
    """
    found = [each for each in kind.__mro__ if name in vars(each)]
    defined = [each for each in found if _is_coroutine(vars(each)[name])]
    if inspect.isabstract(kind) or not defined or defined[0] is not found[0]:
        refuse(f"{_path(kind)}.{name} is not what handles messages in it.")
    return defined


def check_defined(owner: type, name: str) -> None:
    """Check that a class itself defines a method that is to be wrapped at training.

    Args:
        owner: A class of Rasa's.
        name: Its method.

    Raises:
        UnsupportedEnvironment: It has no such method.
    """
    if not callable(vars(owner).get(name)):
        raise UnsupportedEnvironment(f"{installed()} {_path(owner)} has no {name}.", _supported())


def refuse(reason: str, condition: str = "") -> NoReturn:
    """Refuse this environment for what is found in it.

    Args:
        reason: A sentence.
        condition: What is needed besides a supported pair.

    Raises:
        UnsupportedEnvironment: Always.
    """
    supported = f"{_supported()}, {condition}" if condition else _supported()
    raise UnsupportedEnvironment(f"{installed()} {reason}", supported)


def check_wrapped(kind: type, name: str, wrappers: Collection[Callable[..., Any]]) -> None:
    """Check that a class's method is one of the given wrappers, or is wrapped around one.

    Args:
        kind: The class of the object in use.
        name: The method.
        wrappers: The functions that replaced the method, one for each class that defines it.

    Raises:
        UnsupportedEnvironment: A subclass or another wrapper has replaced it.
    """
    method = getattr(kind, name, None)
    while method not in wrappers:
        method = getattr(method, "__wrapped__", None)
        if method is None:
            refuse(
                f"{_path(kind)}.{name} is not zendesk-handoff's: messages would bypass it.",
                f"with Rasa's own classes or ones that leave {name} alone",
            )


def _is_coroutine(method: Any) -> bool:
    """Tell whether a method is a coroutine with a body, and not one that subclasses must define."""
    is_abstract = getattr(method, "__isabstractmethod__", False)
    return not is_abstract and inspect.iscoroutinefunction(inspect.unwrap(method))


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
