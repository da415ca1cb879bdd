"""Readers of single values, which return the checked value or raise the problem.

A reader takes the value as YAML has it and an example of a right one, and raises ``ValueError``
with the remedy. Its text never repeats the value, which may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from zendesk_handoff.domain.addresses import Network


def text(value: Any, example: str) -> str:
    """Read a text that is not empty."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # an id of digits alone is read as a number by YAML
    if isinstance(value, float):  # 612e34, of which the text is lost
        raise ValueError(f"must be in quotes, or YAML reads it as a number; write {example}.")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be a text that is not empty; write {example}.")
    return value.strip()


def matching(pattern: str, message: str) -> Callable[[Any, str], str]:
    """Make a reader of texts in a given form.

    Args:
        pattern: A regular expression for the whole text.
        message: The sentence for a text in another form.
    """

    def read(value: Any, example: str) -> str:
        found = text(value, example)
        if not re.fullmatch(pattern, found):
            raise ValueError(message)
        return found

    return read


def texts(value: Any, example: str) -> tuple[str, ...]:
    """Read a text or a list of texts."""
    items = value if isinstance(value, list) else [value]
    found = tuple(item.strip() for item in items if isinstance(item, str) and item.strip())
    if not items or len(found) < len(items):
        raise ValueError(f"must be a text that is not empty, or a list of such; write {example}.")
    return found


def url(value: Any, example: str) -> str:
    """Read an HTTP address; the result has no slash at the end."""
    found = text(value, example)
    try:
        parts = urlsplit(found)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_address = is_address and parts.port != 0
    except ValueError:  # `http://[`, or a port that is no number
        is_address = False
    if not is_address:
        raise ValueError(f"must be an address like {example}.")
    # The scheme is compared by its beginning later on.
    return f"{parts.scheme}{found[len(parts.scheme) :]}".rstrip("/")


def safe_url(value: Any, example: str) -> str:
    """Read an HTTP address over which keys and users' words may be sent.

    Plain ``http`` is for this machine alone, where nobody listens on the way.
    """
    found = url(value, example)
    if not found.startswith("https://") and not is_loopback(found):
        raise ValueError(
            "must begin with https:// unless it is this machine (127.0.0.1, localhost): keys and "
            "users' words would be readable on the way."
        )
    return found


def root_url(value: Any, example: str) -> str:
    """Read an HTTP address, as ``safe_url`` does, below which paths are appended."""
    found = safe_url(value, example)
    parts = urlsplit(found)
    if parts.query or parts.fragment or "@" in parts.netloc or found.endswith(("?", "#")):
        raise ValueError(f"must be an address alone, without a name, `?` or `#`; write {example}.")
    return found


def is_loopback(address: str) -> bool:
    """Tell whether a URL names this machine."""
    host = urlsplit(address).hostname or ""
    return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def safe_url_or_none(value: Any, example: str) -> str | None:
    """Read an HTTP address, as ``safe_url`` does, that may be left empty."""
    return safe_url(value, example) if value else None


def seconds(value: Any, example: str) -> float:
    """Read a duration."""
    if not _is_number(value) or not value > 0:  # `.nan` is not above 0 either
        raise ValueError(f"must be a number of seconds above 0, for example {example}.")
    return float(value)


def seconds_or_off(value: Any, example: str) -> float | None:
    """Read a duration that may be turned off."""
    if value is None or value is False or value == "off":  # YAML reads a bare `off` as false
        return None
    try:
        return seconds(value, example)
    except ValueError:
        raise ValueError("must be a number of seconds above 0, or `off`.") from None


def yes_or_no(value: Any, _example: str) -> bool:
    """Read a switch."""
    if not isinstance(value, bool):
        raise ValueError("must be `true` or `false`.")
    return value


def days_or_off(value: Any, example: str) -> float | None:
    """Read a number of days that may be turned off."""
    try:
        return seconds_or_off(value, example)
    except ValueError:
        raise ValueError("must be a number of days above 0, or `off`.") from None


def whole_number(least: int) -> Callable[[Any, str], int]:
    """Make a reader of whole numbers from the least allowed one on."""

    def read(value: Any, example: str) -> int:
        if type(value) is not int or value < least:  # a bool is an int as well
            raise ValueError(f"must be a whole number from {least} on, for example {example}.")
        return int(value)

    return read


def number_or_off(value: Any, example: str) -> int | None:
    """Read a whole number that may be turned off; 0 turns it off, too."""
    if value is None or value is False or value == "off" or (type(value) is int and value == 0):
        return None
    try:
        return whole_number(1)(value, example)
    except ValueError:
        raise ValueError("must be a whole number from 1 on, or `off`.") from None


def networks(value: Any, example: str) -> tuple[Network, ...]:
    """Read a list of IP networks or single addresses."""
    items = value if isinstance(value, (list, tuple)) else [value]
    try:
        return tuple(ip_network(text(item, example)) for item in items)
    except ValueError:
        raise ValueError(f"must be a list of networks or addresses; write {example}.") from None


def share(value: Any, example: str) -> float:
    """Read a number above 0 and up to 1."""
    if not _is_number(value) or not 0 < value <= 1:
        raise ValueError(f"must be a number above 0 and up to 1, for example {example}.")
    return float(value)


def one_of(*allowed: str) -> Callable[[Any, str], Any]:
    """Make a reader of one of a few words."""

    def read(value: Any, _example: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"must be {' or '.join(f'`{item}`' for item in allowed)}.")
        return value

    return read


def one_of_or_off(*allowed: str) -> Callable[[Any, str], str | None]:
    """Make a reader of one of a few words, or of ``off``."""
    read_word = one_of(*allowed, "off")

    def read(value: Any, example: str) -> str | None:
        found = read_word("off" if value is False else value, example)  # YAML reads a bare `off` so
        return None if found == "off" else str(found)

    return read


def some_of(allowed: Iterable[str]) -> Callable[[Any, str], frozenset[str]]:
    """Make a reader of a list whose items are all known."""
    names = sorted(allowed)

    def read(value: Any, _example: str) -> frozenset[str]:
        if value is False:  # YAML reads a bare `off` as false
            return frozenset()
        if not isinstance(value, list) or any(item not in names for item in value):
            raise ValueError(f"must be a list of {', '.join(names)}; `[]` for none.")
        return frozenset(value)

    return read


def by_name(
    allowed: Iterable[str], read: Callable[[Any, str], str]
) -> Callable[[Any, str], Mapping[str, str]]:
    """Make a reader of a mapping.

    Args:
        allowed: The names that may be its keys.
        read: The reader of each value.
    """
    names = list(allowed)

    def read_all(value: Any, example: str) -> Mapping[str, str]:
        if not isinstance(value, Mapping) or any(name not in names for name in value):
            keys = ", ".join(names)
            raise ValueError(f"must be a mapping, such as {example}, with the keys {keys}.")
        return {name: read(each, example) for name, each in value.items()}

    return read_all


def ends(value: Any, example: str) -> frozenset[str]:
    """Read what ends a session; a release always does."""
    known = ("released", "solved", "closed")
    if not isinstance(value, list) or any(item not in known for item in value):
        raise ValueError(f"must be a list of {', '.join(known)}; write {example}.")
    if "released" not in value:
        raise ValueError(
            "must have `released`: once the agents have let go, nobody reads what the user writes; "
            f"write {example}."
        )
    return frozenset(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
