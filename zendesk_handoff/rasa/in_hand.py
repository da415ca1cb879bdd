"""The conversations that this process has in hand: known in memory, without any write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from zendesk_handoff.store.engine.signals import Signals


class InHand:
    """Counts what the bot of this process is doing for each sender.

    The action that requests a session runs within one of these turns. So the process whose turn it
    is has the user's channel, and no other process may open the session.

    Args:
        signals: The store's, which are looked for more often during a turn.
    """

    def __init__(self, signals: Signals) -> None:
        """Start with nothing in hand."""
        self._signals = signals
        self._turns: Counter[str] = Counter()

    @contextmanager
    def turn(self, sender_id: str) -> Iterator[None]:
        """Have a conversation in hand; turns may be nested.

        Args:
            sender_id: The user.
        """
        self._turns[sender_id] += 1
        try:
            with self._signals.hurry():
                yield
        finally:
            self._turns[sender_id] -= 1
            if not self._turns[sender_id]:
                del self._turns[sender_id]

    def __contains__(self, sender_id: str) -> bool:
        """Tell whether the bot is at work for a sender at this moment."""
        return sender_id in self._turns
