"""The parts of a user's messages that their channel has taken, kept in the store."""

from __future__ import annotations

from typing import Any

from zendesk_handoff.rasa.adapter import Receipt
from zendesk_handoff.store import Store


class SessionProgress:
    """Remembers, over a restart, which parts of the messages to a session's user were sent.

    Args:
        store: The store.
        session_id: The session.
        channel: The name of the channel that takes them.
        event_id: The agent's message in the inbox, if it is one.
        key: Its key. Others are those of pending messages, which are sent before it.
    """

    def __init__(
        self,
        store: Store,
        session_id: str,
        channel: str,
        *,
        event_id: int | None = None,
        key: str = "",
    ) -> None:
        """Use a store."""
        self._store = store
        self._session_id = session_id
        self._channel = channel
        self._event_id = event_id
        self._key = key

    async def parts_sent(self, key: str) -> int:
        """Count the parts of a message that were sent before.

        Args:
            key: The message's.
        """
        return await self._store.deliveries.parts_sent(self._session_id, key)

    async def record(self, key: str, part: int, receipt: Receipt, body: dict[str, Any]) -> None:
        """Record that the channel has taken a part.

        Args:
            key: The message's, or that of a part of it that is said in words.
            part: The part's number, from 0.
            receipt: The channel's.
            body: The part.
        """
        is_of_event = key == self._key or key.startswith(f"{self._key}:")
        await self._store.deliveries.record(
            self._session_id,
            key,
            part,
            channel=self._channel,
            body=body,
            event_id=self._event_id if is_of_event else None,
            reference=receipt.reference,
            is_confirmed=receipt.is_confirmed,
        )
