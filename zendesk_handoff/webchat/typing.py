"""Agents' typing, as the pages of this process show it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

#: Seconds after which typing fades that nobody has ended: Zendesk documents no duration.
FADES_AFTER = 10.0


class TypingAgents:
    """Remembers to whom an agent is typing, for one event loop.

    Args:
        notify: Tells the page of a sender that something has changed.
    """

    def __init__(self, notify: Callable[[str], object]) -> None:
        """Begin with nobody typing."""
        self._notify = notify
        self._until: dict[str, float] = {}

    def set(self, sender_id: str, *, is_on: bool) -> None:
        """Begin or end typing, and tell the page.

        Args:
            sender_id: Rasa's id of the user.
            is_on: Whether it has begun.
        """
        if is_on:
            self._until[sender_id] = time.monotonic() + FADES_AFTER
            asyncio.get_running_loop().call_later(FADES_AFTER, self._fade, sender_id)
        elif self._until.pop(sender_id, None) is None:
            return
        self._notify(sender_id)

    def is_on(self, sender_id: str) -> bool:
        """Tell whether an agent is typing.

        Args:
            sender_id: Rasa's id of the user.
        """
        return self._until.get(sender_id, 0.0) > time.monotonic()

    def _fade(self, sender_id: str) -> None:
        if sender_id in self._until and not self.is_on(sender_id):
            self.set(sender_id, is_on=False)
