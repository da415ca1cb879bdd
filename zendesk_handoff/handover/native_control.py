"""Who has control of native conversations, as last proved."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from zendesk_handoff.domain.native import NativeConversation
from zendesk_handoff.domain.session import Session
from zendesk_handoff.errors import NotFound
from zendesk_handoff.handover.classify import is_own
from zendesk_handoff.handover.reconcile import has_agents
from zendesk_handoff.store.native import BotMessage
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.models import Conversation

#: Seconds for which it is taken as true that the bot has control. Events are stale by tenths of a
#: second; anything slower may have changed hands.
_FRESH = 2.0
#: Seconds after the agents have got a conversation in which the bot's words about it are stored.
_LAST_WORDS = 15.0
_MAX_CONVERSATIONS = 10_000


class _Read(NamedTuple):
    found: Conversation
    client: ConversationsClient


class NativeControl:
    """Tells whether the bot may read and speak, and asks Zendesk where that is not fresh.

    Args:
        clients: The Conversations API clients.
        clock: Seconds that never go backwards.
    """

    def __init__(self, clients: Clients, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without knowledge."""
        self._clients = clients
        self._clock = clock
        #: By Zendesk's id: the sender id of a merged conversation is that of another one.
        self._proved: OrderedDict[str, float] = OrderedDict()
        self._moves = 0

    def prove(self, conversation_id: str) -> None:
        """Note that the bot has control now.

        Args:
            conversation_id: Zendesk's id of the conversation.
        """
        self._proved[conversation_id] = self._clock()
        self._proved.move_to_end(conversation_id)
        if len(self._proved) > _MAX_CONVERSATIONS:
            self._proved.popitem(last=False)

    def forget(self, conversation_id: str) -> None:
        """Note that control has moved.

        Args:
            conversation_id: Zendesk's id of the conversation.
        """
        self._moves += 1
        self._proved.pop(conversation_id, None)

    async def is_ours(self, conversation: NativeConversation, *, is_certain: bool = False) -> bool:
        """Tell whether the bot has control.

        Args:
            conversation: The conversation.
            is_certain: Whether Zendesk is asked in any case.

        Raises:
            ConversationsError: Zendesk is asked and does not answer.
        """
        proved = self._proved.get(conversation.conversation_id)
        if not is_certain and proved is not None and self._clock() - proved < _FRESH:
            return True
        moves = self._moves
        read = await self._read(conversation)
        if read is None:
            return False
        active = read.found.active_switchboard_integration
        if active is None or not is_own(active, read.client.connector):
            self.forget(conversation.conversation_id)
            return False
        if moves == self._moves:  # what was read may be from before a move that is known by now
            self.prove(conversation.conversation_id)
        return True

    async def is_free(self, conversation: NativeConversation) -> bool:
        """Tell whether nobody has control, or the bot; Zendesk is asked.

        Args:
            conversation: The conversation.

        Raises:
            ConversationsError: Zendesk does not answer.
        """
        read = await self._read(conversation)
        active = read and read.found.active_switchboard_integration
        return read is not None and (active is None or is_own(active, read.client.connector))

    async def may_speak(self, session: Session) -> bool:
        """Tell whether the bot may speak to the user of a session; to those of relays always.

        Args:
            session: The session.

        Raises:
            ConversationsError: Zendesk is asked and does not answer.
        """
        if not session.is_native or session.conversation_id is None:
            return True
        return await self.is_ours(
            NativeConversation(session.sender_id, session.connector_id, session.conversation_id),
            is_certain=True,
        )

    async def has_agents(self, conversation: NativeConversation) -> bool:
        """Tell whether the agents have control; Zendesk is asked.

        Args:
            conversation: The conversation.

        Raises:
            ConversationsError: Zendesk does not answer.
        """
        read = await self._read(conversation)
        return read is not None and has_agents(*read)

    async def _read(self, conversation: NativeConversation) -> _Read | None:
        """Ask Zendesk for a conversation; ``None`` where it, or its connector, is gone."""
        client = self._clients.interactive(conversation.connector_id)
        if client is None:
            return None
        try:
            return _Read(await client.get_conversation(conversation.conversation_id), client)
        except NotFound:
            return None


def is_about_handover(session: Session | None, message: BotMessage) -> bool:
    """Tell whether words of the bot belong to the turn in which it has handed over.

    They are the last ones that the user reads of it, and come after the passing of control. A
    server that was down meanwhile tells of the agents when it is back, however late that is.

    Args:
        session: The sender's session.
        message: The words.
    """
    if session is None or not session.is_open:
        return False
    if session.connected_at is None or message.key.startswith(session.start_key):
        return True
    return message.created_at <= session.connected_at + _LAST_WORDS
