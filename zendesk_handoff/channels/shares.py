"""Shares of a limited number of places, so that nobody takes those of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Shares:
    """Counts who has how many places at this moment; for one event loop."""

    def __init__(self) -> None:
        """Begin with every place free."""
        self._taken: Counter[str] = Counter()

    @contextmanager
    def take(self, limits: Mapping[str, int]) -> Iterator[bool]:
        """Take a place for each of some holders, all or none, until the block is left.

        Args:
            limits: The holders, each with the number of places that it may have.

        Yields:
            Whether there was a place for each.
        """
        if any(self._taken[holder] >= limit for holder, limit in limits.items()):
            yield False
            return
        self._taken.update(limits.keys())
        try:
            yield True
        finally:
            self._taken.subtract(limits.keys())
            self._taken += Counter()  # forgets who has none
