"""Variables in the text of ``.env``: set and removed, every other line kept as it is."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from zendesk_handoff.adopt.files import FileChange, read_text, write_all
from zendesk_handoff.adopt.lines import Edit, Lines
from zendesk_handoff.errors import CannotPatch
from zendesk_handoff.settings.env_file import ENV_FILE, parse_variables

#: Values that need no quotes, for python-dotenv, Docker Compose and shells alike.
_PLAIN = re.compile(r"[A-Za-z0-9_./+:@%^,~=-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def set_variables(path: Path, values: Mapping[str, str]) -> bool:
    """Set variables in a ``.env`` file, which is made if there is none, with mode 0600.

    Args:
        path: The file.
        values: The variables by name.

    Returns:
        Whether the file was changed.

    Raises:
        CannotPatch: The file cannot be read or written, or has a line that is no ``NAME=value``.
    """
    old = read_text(path)
    new = with_variables(old or "", values)
    if new == old:
        return False
    write_all([FileChange(path, old, new, is_secret=True)])
    return True


def with_variables(text: str, values: Mapping[str, str]) -> str:
    """Set variables in the text of a ``.env`` file.

    The line of a variable that is there already is replaced, its last one if it has several, which
    is the one that counts; new ones come at the end.

    Args:
        text: The file's text.
        values: The variables by name.

    Raises:
        CannotPatch: A value has several lines or control characters.
    """
    lines = Lines.of(text)
    for name, value in values.items():
        line = f"{name}={_quoted(name, value)}"
        places = _places(lines.text).get(name)
        if places:
            at, size = places[-1]
            old = tuple(lines.lines[at : at + size])
            export = "export " * old[0].lstrip().startswith("export ")
            lines.apply(Edit(at, old, (export + line,)))
        else:
            end = len(lines.lines) - (lines.lines[-1] == "")
            lines.apply(Edit(end, (), (line,)))
    return lines.text


def without_variables(text: str, names: Collection[str]) -> str:
    """Remove the lines that set any of the variables.

    Args:
        text: The file's text.
        names: The variables.
    """
    lines = Lines.of(text)
    places = [place for name, each in _places(text).items() if name in names for place in each]
    for at, size in sorted(places, reverse=True):
        lines.apply(Edit(at, tuple(lines.lines[at : at + size]), ()))
    return lines.text


def _places(text: str) -> dict[str, list[tuple[int, int]]]:
    """Find the lines that set each variable: the first one's index, and how many."""
    found: dict[str, list[tuple[int, int]]] = {}
    for binding in parse_stream(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        if binding.key is not None:
            own = binding.original.string.lstrip()
            blank = binding.original.string[: len(binding.original.string) - len(own)]
            at = binding.original.line - 1 + len(Lines.of(blank).ends)
            found.setdefault(binding.key, []).append((at, len(Lines.of(own.rstrip()).lines)))
    return found


def _quoted(name: str, value: str) -> str:
    """Write a value so that it is read as it is.

    Raises:
        CannotPatch: It cannot be; the text never has the value.
    """
    if not _NAME.fullmatch(name):
        raise CannotPatch(ENV_FILE, f"{name!r} is not the name of a variable.")
    if not value.isprintable():
        raise CannotPatch(ENV_FILE, f"The value of {name} has line breaks or control characters.")
    line = value
    if not _PLAIN.fullmatch(value):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        line = f"'{escaped}'"
    if parse_variables(f"{name}={line}\n", Path(ENV_FILE)) != {name: value}:
        raise CannotPatch(ENV_FILE, f"The value of {name} cannot be written into a .env file.")
    return line
