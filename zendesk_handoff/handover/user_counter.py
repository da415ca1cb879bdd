"""The count of the users who write to the bot: in memory, recorded from time to time."""

from __future__ import annotations

import time

from zendesk_handoff.domain.distinct import Distinct
from zendesk_handoff.store import Store
from zendesk_handoff.store.daily_users import Key, day_of

#: Seconds between two records: what a server has counted since the last one is lost if it dies.
RECORD_EVERY = 60.0
#: Channels that are counted; a bot has a few.
_MAX_CHANNELS = 50
_MAX_NAME = 64


class UserCounter:
    """Counts users by day and channel, without a write for each message.

    Args:
        store: The store that gets the counts.
    """

    def __init__(self, store: Store) -> None:
        """Start with nothing counted."""
        self._store = store
        self._counts: dict[Key, Distinct] = {}
        self._changed: set[Key] = set()

    def saw(self, channel: str, sender_id: str) -> None:
        """Count the sender of a message, once a day.

        Args:
            channel: The name of the Rasa channel.
            sender_id: Rasa's id of the user, of which nothing is kept.
        """
        key = (day_of(time.time()), channel[:_MAX_NAME])
        if key not in self._counts and len(self._counts) >= _MAX_CHANNELS:
            return
        if self._counts.setdefault(key, Distinct()).add(sender_id):
            self._changed.add(key)

    async def record(self) -> None:
        """Record what has changed, and forget the days that are over.

        Raises:
            StoreUnavailable: It is recorded the next time.
        """
        changed, self._changed = self._changed, set()  # more may be counted during the write
        try:
            if changed:
                await self._store.daily_users.record({key: self._counts[key] for key in changed})
        except BaseException:
            self._changed |= changed
            raise
        today = day_of(time.time())
        self._counts = {
            key: found
            for key, found in self._counts.items()
            if key[0] == today or key in self._changed
        }
