"""Rates: how often something may happen in a period, counted in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE = 60.0
HOUR = 3600.0
#: Keys that are remembered at once: the number of attackers' addresses must not grow the memory.
_MAX_KEYS = 10_000


class Rate:
    """A number of events a period for each key, as the generic cell rate algorithm counts them.

    A key costs one number: when its allowance will be whole again. The key that was admitted
    longest ago is forgotten first; it then has its whole allowance again.

    Args:
        allowance: Events a period, which may also be used at once; ``None`` for no limit.
        period: Seconds in which an allowance that is used up becomes whole again.
        clock: Seconds that never go backwards.
        max_keys: Keys that are remembered.
    """

    def __init__(
        self,
        allowance: int | None,
        *,
        period: float = MINUTE,
        clock: Callable[[], float] = time.monotonic,
        max_keys: int = _MAX_KEYS,
    ) -> None:
        """Begin with every allowance whole."""
        self._period = period
        self._interval = None if allowance is None else period / allowance
        self._clock = clock
        self._max_keys = max_keys
        self._whole_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """Count the keys that are remembered."""
        return len(self._whole_at)

    def take(self, key: str = "") -> float:
        """Take one event out of a key's allowance.

        Args:
            key: For example an address.

        Returns:
            0 if the event is within the allowance, else the seconds until the next one is.
        """
        if self._interval is None:
            return 0.0
        now = self._clock()
        whole_at = max(self._whole_at.get(key, now), now) + self._interval
        # A sum of intervals is not exact: the last event of an allowance must not be refused.
        if whole_at - now > self._period + self._interval / 2:
            return whole_at - now - self._period
        self._whole_at[key] = whole_at
        self._whole_at.move_to_end(key)
        if len(self._whole_at) > self._max_keys:
            self._whole_at.popitem(last=False)
        return 0.0
