"""Rows of the table, and the alternating comparison of two sides by the median of the rounds."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Side = Callable[[], Awaitable[float]]


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        what: The measured operation.
        against: The operation it is compared with.
        ratio: The figure.
        goal: The goal for the ratio.
        reached: Whether the goal is reached; ``None`` where it could not be measured.
        detail: Both sides in absolute figures, or the reason why there are none.
    """

    what: str
    against: str
    ratio: str
    goal: str
    reached: bool | None
    detail: str


@dataclass(frozen=True)
class Comparison:
    """Two sides' figures, round by round."""

    ours: Sequence[float] = ()
    theirs: Sequence[float] = ()

    def __add__(self, more: Comparison) -> Comparison:
        """Append more rounds."""
        return Comparison([*self.ours, *more.ours], [*self.theirs, *more.theirs])

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios: a disturbance affects both sides of a round."""
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def medians(self) -> tuple[float, float]:
        """Each side's median."""
        return statistics.median(self.ours), statistics.median(self.theirs)


async def alternate(ours: Side, theirs: Side, *, rounds: int) -> Comparison:
    """Let two sides take turns, each first in every other round; the first round is not counted.

    Args:
        ours: Runs a round and returns its figure.
        theirs: Likewise.
        rounds: How many are counted.
    """
    figures: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        order = (0, 1) if number % 2 else (1, 0)
        for side in order:
            figure = await (ours, theirs)[side]()
            if number:
                figures[side].append(figure)
    return Comparison(*figures)
