"""The conversations that this process has in hand: known in memory, without any write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rasa.core.channels.channel import UserMessage

from zendesk_handoff.store.engine.signals import Signals


class _Turn(NamedTuple):
    sender_id: str
    message: UserMessage | None


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
        self._turns: list[_Turn] = []
        self._count: Counter[str] = Counter()

    @contextmanager
    def turn(self, sender_id: str, message: UserMessage | None = None) -> Iterator[None]:
        """Have a conversation in hand; turns may be nested.

        Args:
            sender_id: The user.
            message: The message that the bot is at work on, or one that stands for what has
                triggered it, with an output channel; ``None`` if there is none.
        """
        turn = _Turn(sender_id, message)
        self._turns.append(turn)
        self._count[sender_id] += 1
        try:
            with self._signals.hurry():
                yield
        finally:
            self._turns.remove(turn)
            self._count[sender_id] -= 1
            if not self._count[sender_id]:
                del self._count[sender_id]

    def __contains__(self, sender_id: str) -> bool:
        """Tell whether the bot is at work for a sender at this moment."""
        return sender_id in self._count

    def holds(self, message: UserMessage) -> bool:
        """Tell whether the bot is at work on a message, which then needs no routing.

        Args:
            message: A user's.
        """
        return any(turn.message is message for turn in self._turns)

    def message(self, sender_id: str) -> UserMessage | None:
        """Return the message on which the bot is at work for a sender.

        Args:
            sender_id: The user.
        """
        for turn in self._turns:
            if turn.sender_id == sender_id and turn.message is not None:
                return turn.message
        return None
