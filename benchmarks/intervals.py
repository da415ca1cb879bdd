"""Confidence intervals by the bootstrap over dialogues: messages of one dialogue are no chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

#: Samples, and the share of them inside an interval.
SAMPLES = 1000
INSIDE = 0.95


def bootstrap(
    dialogues: Sequence[int], measure: Callable[[np.ndarray], float], *, seed: int = 0
) -> tuple[float, float]:
    """Compute an interval by drawing dialogues with replacement.

    Args:
        dialogues: The number of the dialogue of each row.
        measure: The figure for some rows, of which any may occur more than once; nan where
            there is none.
        seed: Of the draws.

    Returns:
        The lower and the upper end.
    """
    random = np.random.RandomState(seed)
    numbers = np.asarray(dialogues)
    order = np.argsort(numbers, kind="stable")
    rows = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
    drawn = (random.randint(len(rows), size=len(rows)) for _ in range(SAMPLES))
    figures = [measure(np.concatenate([rows[number] for number in draw])) for draw in drawn]
    low, high = np.nanquantile(figures, [(1 - INSIDE) / 2, (1 + INSIDE) / 2])
    return float(low), float(high)


def in_words(interval: tuple[float, float], *, digits: int = 3) -> str:
    """Format an interval: "[.81, .84]"."""
    ends = (f"{end:.{digits}f}" for end in interval)
    return "[" + ", ".join(end[1:] if end.startswith("0.") else end for end in ends) + "]"
