"""Until when an agent has read what users wrote, as the pages of this process show it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

#: Users whose mark is kept: those who were read last.
_MAX_USERS = 10_000


class ReadMarks:
    """Remembers when an agent has last read each user's messages.

    Args:
        notify: Tells the page of a sender that something has changed.
    """

    def __init__(self, notify: Callable[[str], object]) -> None:
        """Begin with nothing read."""
        self._notify = notify
        self._until: OrderedDict[str, float] = OrderedDict()

    def note(self, sender_id: str) -> None:
        """Note that what a user has written until now was read, and tell the page.

        Args:
            sender_id: Rasa's id of the user.
        """
        self._until[sender_id] = time.time()
        self._until.move_to_end(sender_id)
        if len(self._until) > _MAX_USERS:
            self._until.popitem(last=False)
        self._notify(sender_id)

    def until(self, sender_id: str) -> float | None:
        """Return the time until which was read, in seconds since 1970; ``None`` for nothing.

        Args:
            sender_id: Rasa's id of the user.
        """
        return self._until.get(sender_id)
