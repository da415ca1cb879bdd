"""The slot values of the users whose trackers were loaded last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

#: Users whose slots are kept in memory.
_MAX_SENDERS = 10_000


class SlotCache:
    """Slot values by sender; the users of the oldest ones are forgotten."""

    def __init__(self) -> None:
        """Start without any."""
        self._values: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def get(self, sender_id: str) -> dict[str, Any] | None:
        """Return a user's values, if they are known.

        Args:
            sender_id: The user.
        """
        return self._values.get(sender_id)

    def keep(self, sender_id: str, values: Mapping[str, Any]) -> None:
        """Keep a user's values.

        Args:
            sender_id: The user.
            values: By the slot's name.
        """
        self._values[sender_id] = dict(values)
        self._values.move_to_end(sender_id)
        if len(self._values) > _MAX_SENDERS:
            self._values.popitem(last=False)

    def drop(self, sender_id: str) -> None:
        """Forget a user's values.

        Args:
            sender_id: The user.
        """
        self._values.pop(sender_id, None)
