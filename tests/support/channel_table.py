"""The table of docs/channels.md: each cell is written by the test that proves it.

``python -m tests.support.channel_table`` prints it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])
Value = Literal["yes", "in words", "told", "not seen", "no"]

#: The channels, in the order of the rows.
CHANNELS = (
    *("slack", "twilio: WhatsApp", "twilio: SMS", "telegram", "facebook", "mattermost"),
    *("botframework", "webexteams", "rocketchat", "hangouts", "callback", "socketio", "rest"),
    *("cmdline", "webchat", "custom"),
)
#: The columns: what users send, and what agents send.
FROM_USER = ("text", "picture", "voice", "file", "place", "button", "edit")
TO_USER = (
    *("text", "long text", "picture", "file", "place", "buttons", "links and cards"),
    *("push", "after a restart"),
)
#: What users of a channel cannot send at all, by its documentation: there is nothing to test.
ABSENT = {
    "slack": {"place"},
    "twilio: SMS": {"place", "button", "edit"},
    "mattermost": {"place"},
    "webexteams": {"place"},
    "hangouts": {"place"},
    "webchat": {"place", "edit"},
}
ABSENT_MARK = "–"


class Cell(NamedTuple):
    """One cell of the table.

    Args:
        channel: The row.
        side: ``from user`` or ``to user``.
        column: Of ``FROM_USER`` or ``TO_USER``.
        with_drop_in: Whether the value is of the plugin's channel in place of Rasa's.
    """

    channel: str
    side: str
    column: str
    with_drop_in: bool


#: What has been proved: the value of each cell, and the test that proves it.
proofs: dict[Cell, tuple[Value, str]] = {}


def proves(
    channel: str,
    side: Literal["from user", "to user"],
    *,
    with_drop_in: bool = False,
    **cells: Value,
) -> Callable[[Test], Test]:
    """Declare which cells a test proves; their values are the test's claim.

    Args:
        channel: The row.
        side: The direction.
        with_drop_in: Whether the test runs the plugin's channel in place of Rasa's.
        **cells: Column, with ``_`` for each space, to value.
    """
    columns = FROM_USER if side == "from user" else TO_USER

    def declare(test: Test) -> Test:
        assert channel in CHANNELS, channel
        for name, value in cells.items():
            column = name.replace("_", " ")
            assert column in columns, column
            assert side == "to user" or column not in ABSENT.get(channel, ()), column
            cell = Cell(channel, side, column, with_drop_in)
            former = proofs.get(cell)
            assert former is None or former[0] == value, f"{cell} is {former} elsewhere"
            proofs[cell] = (value, f"{test.__module__}.{test.__qualname__}")
        return test

    return declare


def collect() -> None:
    """Import every module of tests that proves cells."""
    import tests.scenarios.channels as package

    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("test_"):
            importlib.import_module(f"{package.__name__}.{module.name}")


def table(side: str) -> str:
    """Write the table of one direction as Markdown."""
    columns = FROM_USER if side == "from user" else TO_USER
    lines = ["| channel | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
    for channel in CHANNELS:
        for with_drop_in in (False, True):
            cells = [proofs.get(Cell(channel, side, each, with_drop_in)) for each in columns]
            if with_drop_in and not any(cells):
                continue
            absent = ABSENT.get(channel, set()) if side == "from user" else set()
            shown = [
                cell[0] if cell else ABSENT_MARK if column in absent else ""
                for column, cell in zip(columns, cells, strict=True)
            ]
            row = f"{channel}, ours" if with_drop_in else channel
            lines.append(f"| {row} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    # The module that the tests import, not this one, holds the proofs.
    from tests.support import channel_table

    channel_table.collect()
    for name in ("from user", "to user"):
        print(f"{name}\n\n{channel_table.table(name)}\n")  # noqa: T201
