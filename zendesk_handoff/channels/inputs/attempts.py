"""Attempts at users' messages, which platforms send again when they are answered with an error."""

from __future__ import annotations

from collections import Counter

#: Attempts at a message that fails: a platform stops calling a server that fails for long, and
#: Telegram sends no other message meanwhile.
_ATTEMPTS = 3
_MAX_KEYS = 5_000


class Attempts:
    """Counts the failures of messages."""

    def __init__(self) -> None:
        """Start with none."""
        self._failures: Counter[str] = Counter()

    def are_over(self, key: str) -> bool:
        """Count a failure; return whether the message is not to be sent again.

        Args:
            key: Of the platform, the same at each attempt.
        """
        if len(self._failures) > _MAX_KEYS:
            self._failures.clear()
        self._failures[key] += 1
        if self._failures[key] < _ATTEMPTS:
            return False
        del self._failures[key]
        return True
