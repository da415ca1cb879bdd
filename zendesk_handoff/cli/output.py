"""Printing for people: tables, durations and errors, safe for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Characters that a column which may be broken keeps at least.
_LEAST = 16
#: Characters between two columns.
_GAP = 2


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its heading.
        wraps: Whether its values may be broken over several lines in a narrow terminal; an id or
            an address may not, since people copy it.
    """

    title: str
    wraps: bool = False


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: as wide as it needs for a pipe, fitted to the width of a terminal.

    Nothing is cut: where a terminal is too narrow, the lines are longer than it is wide.

    Args:
        columns: The columns, with their headings.
        rows: Values, which may be foreign: neither markup nor control characters have an effect.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    cells = [[Text(printable(value)) for value in row] for row in rows]
    full = least = _GAP * (len(columns) - 1)
    for number, column in enumerate(columns):
        widest = max([len(column.title), *(row[number].cell_len for row in cells)])
        narrowest = min(widest, _LEAST) if column.wraps else widest
        table.add_column(
            column.title, min_width=narrowest, no_wrap=not column.wraps, overflow="fold"
        )
        full, least = full + widest, least + narrowest
    for row in cells:
        table.add_row(*row)
    console = Console(highlight=False)
    if console.is_terminal:
        console.width = max(least, min(full, console.width))
    else:
        console.width = full
    console.print(table, crop=False)


def printable(text: str) -> str:
    """Replace control and invisible characters by their escapes, as Python writes them."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def duration(seconds: float) -> str:
    """Write a duration in its two largest units: ``3 d 4 h``."""
    left = max(0, int(seconds))
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def exit_with_error(message: str) -> NoReturn:
    """Print an error, line by line, and end the command with the exit code 1."""
    typer.echo("\n".join(map(printable, message.splitlines())), err=True)
    raise typer.Exit(1)
