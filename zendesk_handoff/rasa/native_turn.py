"""A turn of the bot in a native conversation: the user's message, and the way of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.identity import KnownUser
from zendesk_handoff.domain.native import NATIVE_CHANNEL
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter
from zendesk_handoff.rasa.channel_output import ChannelOutput
from zendesk_handoff.store import Store
from zendesk_handoff.store.native import UserMessageRow


class NativeMessage(UserMessage):
    """A message of a native conversation. No client of another channel can make one."""

    #: What Zendesk knows of the user.
    user: KnownUser | None = None
    #: The channel by Zendesk's name.
    source: str = ""


class TurnOutput(ChannelOutput):
    """Numbers the answers of a turn: one that is repeated after a crash says nothing twice.

    Args:
        adapter: The channel's.
        address: Where the conversation takes place.
        turn: Identifies the turn.
    """

    def __init__(self, adapter: ChannelAdapter, address: Address, *, turn: str) -> None:
        """Begin with the first answer."""
        super().__init__(adapter, NATIVE_CHANNEL, address)
        self._turn = turn
        self._count = 0

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Send an answer under the next number.

        Raises:
            NotDelivered: It was not stored.
        """
        key = f"{self._turn}:{self._count}"
        self._count += 1
        await self.send_once(recipient_id, message, key=key)


class UnaskedOutput(ChannelOutput):
    """Sends what nobody has asked for within the limits of the user's channel, as the store has it.

    Args:
        adapter: The channel's.
        store: The store, once it is open.
    """

    def __init__(self, adapter: ChannelAdapter, store: Callable[[], Store]) -> None:
        """Begin without any user."""
        super().__init__(adapter, NATIVE_CHANNEL, {})
        self._store = store

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Send a message to the channel on which the user is.

        Raises:
            NotDelivered: It was not stored.
        """
        found = await self._store().native.conversation(recipient_id)
        address = {"source": found.source if found else ""}
        output = ChannelOutput(self._adapter, NATIVE_CHANNEL, address)
        await output.send_response(recipient_id, message)


def message_of(
    row: UserMessageRow, adapter: ChannelAdapter, *, source: str, may_be_known: bool
) -> NativeMessage:
    """Make Rasa's message of what a user has done.

    Args:
        row: As the store has it.
        adapter: The channel's.
        source: The user's channel by Zendesk's name.
        may_be_known: Whether the bot may have handled it before.
    """
    turn = f"zendesk:{row.message_id or row.event_id}"
    metadata = {**row.body["metadata"], "handoff_key": turn, "handoff_again": may_be_known}
    output = TurnOutput(adapter, {"source": source}, turn=turn)
    message = NativeMessage(
        row.body["text"],
        output,
        row.sender_id,
        input_channel=NATIVE_CHANNEL,
        message_id=turn,
        metadata=metadata,
    )
    message.user = KnownUser.from_json(row.body.get("user"))
    message.source = source
    return message
