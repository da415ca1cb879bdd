"""Taking values out of a block of YAML, with every fault noted on the way."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from zendesk_handoff.errors import Problem

_VARIABLE = re.compile(r"\$\{(\w+)\}")
#: Stands for a variable that is not set: one fault is enough, so its form is not judged too.
UNSET = "unset"


@dataclass
class Reader:
    """Takes values out of one mapping and notes every fault on the way."""

    block: Mapping[str, Any]
    prefix: str
    problems: list[Problem]

    def problem(self, key: str, message: str) -> None:
        """Note a fault at a key."""
        self.problems.append(Problem(f"{self.prefix}{key}", message))

    def unknown_keys(self, known: Iterable[str]) -> None:
        """Note every key that is no setting, with the nearest that is one."""
        names = list(known)
        for key in self.block:
            if key not in names:
                near = difflib.get_close_matches(str(key), names, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(names)}."
                self.problem(str(key), f"is not a setting; {hint}")

    def text(self, key: str, example: str, default: str | None = None) -> str:
        """Take a text; ``example`` is what a report says to write."""
        value = self.block.get(key, default)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)  # an id of digits alone is read as a number by YAML
        if not isinstance(value, str) or not value.strip():
            self.problem(
                key, f"is missing; write {example}." if value is None else _a_text(example)
            )
            return ""
        return value.strip()

    def texts(self, key: str, example: str, default: tuple[str, ...] | None) -> tuple[str, ...]:
        """Take a text or a list of them."""
        value = self.block.get(key)
        if value is None and default is not None:
            return default
        items = value if isinstance(value, list) else [value]
        if value is None or not items:
            self.problem(key, f"is missing; write {example}.")
            return ()
        texts = tuple(item.strip() for item in items if isinstance(item, str) and item.strip())
        if len(texts) < len(items):
            self.problem(key, _a_text(example) + " A list of such texts is fine too.")
            return ()
        return texts

    def seconds(self, key: str, default: float) -> float:
        """Take a duration."""
        value = self.block.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            self.problem(key, f"must be a number of seconds above 0, for example {default:g}.")
            return default
        return float(value)

    def seconds_or_off(self, key: str, default: float | None) -> float | None:
        """Take a duration that may be turned off."""
        value = self.block.get(key, default)
        if value is None or value is False or value == "off":  # YAML reads a bare `off` as false
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            self.problem(key, "must be a number of seconds above 0, or `off`.")
            return default
        return float(value)

    def count(self, key: str, default: int) -> int:
        """Take a whole number."""
        value = self.block.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            self.problem(key, f"must be a whole number above 0, for example {default}.")
            return default
        return value

    def some_of(self, key: str, allowed: Iterable[str], default: frozenset[str]) -> frozenset[str]:
        """Take a list whose items are all known."""
        names = sorted(allowed)
        value = self.block.get(key, sorted(default))
        if value is False:  # YAML reads a bare `off` as false
            return frozenset()
        if not isinstance(value, list) or any(item not in names for item in value):
            self.problem(key, f"must be a list of {', '.join(names)}; `[]` for none.")
            return default
        return frozenset(value)

    def sub_block(self, key: str, known: Iterable[str]) -> Reader:
        """Give a reader of a block inside this one."""
        value = self.block.get(key)
        if value is not None and not isinstance(value, Mapping):
            self.problem(key, "must be a block of settings.")
        block = value if isinstance(value, Mapping) else {}
        reader = Reader(block, f"{self.prefix}{key}.", self.problems)
        reader.unknown_keys(known)
        return reader

    def url(self, key: str, example: str, default: str | None = None) -> str:
        """Take an HTTP address, without a slash at the end."""
        value = self.text(key, example, default)
        if value and (
            urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc
        ):
            self.problem(key, f"must be an address like {example}.")
        return value.rstrip("/")

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """Take one of a few words; the first is the default."""
        value = self.block.get(key, allowed[0])
        if value not in allowed:
            self.problem(key, f"must be {' or '.join(f'`{item}`' for item in allowed)}.")
            return allowed[0]
        return str(value)


def _a_text(example: str) -> str:
    return f"must be a text that is not empty; write {example}."


def substitute(value: Any, key: str, environ: Mapping[str, str], problems: list[Problem]) -> Any:
    """Replace every ``${NAME}`` in a value, however deep, by the environment's."""
    if isinstance(value, Mapping):
        return {
            name: substitute(item, f"{key}.{name}" if key else str(name), environ, problems)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [substitute(item, key, environ, problems) for item in value]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environ.get(name):
            problems.append(Problem(key, f"needs the environment variable {name}; set it."))
            return UNSET
        return environ[name]

    return _VARIABLE.sub(look_up, value)
