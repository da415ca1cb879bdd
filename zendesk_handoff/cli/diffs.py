"""Changes of a bot's files, shown as unified diffs without secrets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import typer

from zendesk_handoff.adopt.files import FileChange
from zendesk_handoff.adopt.lines import Lines
from zendesk_handoff.cli.output import printable
from zendesk_handoff.settings.env_file import parse_variables

#: Files whose other lines may hold secrets, and are not shown around ours.
_PRIVATE = {"credentials.yml", "endpoints.yml"}
_COLORS = {"+": typer.colors.GREEN, "-": typer.colors.RED}


def print_diff(change: FileChange, folder: Path) -> None:
    """Print a change, in colours on a terminal; of secrets the names alone.

    Args:
        change: The change of one file.
        folder: The bot's, in which the file is.
    """
    for number, line in enumerate(_diff(change, folder)):
        is_head = number < 2  # the names before and after
        color = None if is_head else _COLORS.get(line[:1])
        typer.secho(printable(line.replace("\t", "    ")), fg=color, bold=is_head)


def name_in(folder: Path, path: Path) -> str:
    """Name a file of the bot for people."""
    return path.relative_to(folder).as_posix()


def _diff(change: FileChange, folder: Path) -> Iterator[str]:
    name = name_in(folder, change.path)
    old, new = (_lines(text, change) for text in (change.old, change.new))
    before, after = ("(no file)" if text is None else name for text in (change.old, change.new))
    context = 0 if name in _PRIVATE else 3
    yield from difflib.unified_diff(old, new, before, after, lineterm="", n=context)


def _lines(text: str | None, change: FileChange) -> list[str]:
    if change.is_secret:
        return [f"{name}=********" for name in parse_variables(text or "", change.path)]
    lines = Lines.of(text or "").lines
    return lines[:-1] if not lines[-1] else lines
