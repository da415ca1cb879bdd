"""The opening of a session in a native conversation, in which user, bot and agents take turns."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import structlog

from zendesk_handoff.domain.native import NativeConversation
from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.ticket_metadata import custom_key, room_in
from zendesk_handoff.domain.untrusted_text import harmless
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.handover.classify import is_own
from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.signals import is_set_within
from zendesk_handoff.store.topics import bot_topic
from zendesk_handoff.zendesk import ConversationsClient

log = structlog.get_logger(__name__)

#: Seconds for which the handover waits until Zendesk has what the bot said before it.
_LAST_WORDS = 5.0
#: The newest messages that Zendesk shows the agents by itself (support article 4419179022874).
_SHOWN_ANYWAY = 10


class NativeOpening:
    """The parts of an opening that are different; they do nothing for other sessions.

    Args:
        store: The store.
        client: The client of the session's connector.
        session: The session, as it was before the opening.
    """

    def __init__(self, store: Store, client: ConversationsClient, session: Session) -> None:
        """Keep the collaborators."""
        self._store = store
        self._client = client
        self._session = session

    async def find(self) -> dict[str, Any]:
        """Find the conversation, and the first message that the agents are to see.

        Returns:
            The session's fields to record.

        Raises:
            HandoffError: There is no such conversation in this account.
        """
        found = await self._conversation()
        return {
            "conversation_id": found.conversation_id,
            "user_id": found.user_id,
            # By these the ticket is recognised, and the agents' messages are told from older ones.
            "summary_message_id": await self._last_message(found),
            "transcript_message_id": await self._first_message(found),
            # A reminder, or another trigger, knows nothing of the user's channel and its limits.
            "address": {"source": found.source},
        }

    async def may_pass(self) -> bool:
        """Wait for the bot's last words, and ask whether control is still ours to pass.

        Returns:
            Whether it is; not if the agents have it already.

        Raises:
            HandoffError: Another integration has taken it.
        """
        found = await self._conversation()
        await self._wait_for_last_words()
        conversation = await self._client.get_conversation(found.conversation_id)
        active, connector = conversation.active_switchboard_integration, self._client.connector
        if active is None or is_own(active, connector):
            return True
        if active.is_called(connector.agent_workspace):
            return False
        raise HandoffError("Another integration has control of the conversation.")

    def summary_metadata(self, metadata: Mapping[str, Any]) -> dict[str, str]:
        """Write the summary into a field of the ticket, where the settings ask for that.

        Args:
            metadata: What else goes with control: all of it has a limit together.
        """
        field_id = self._client.connector.summary_field
        if not self._session.is_native or field_id is None or not self._session.summary:
            return {}
        key = custom_key(field_id)
        text = room_in(metadata, key, harmless(self._session.summary))
        return {key: text} if text else {}

    async def mark_passed(self) -> None:
        """Record that the agents have it: what follows is another part of the conversation."""
        if self._session.is_native:
            await self._store.native.mark_handed_over(self._session.sender_id)

    async def _conversation(self) -> NativeConversation:
        found = await self._store.native.conversation(self._session.sender_id)
        if found is None or found.connector_id != self._session.connector_id:
            raise HandoffError("The store has no such conversation of this connector.")
        return found

    async def _last_message(self, found: NativeConversation) -> str | None:
        """Return the last message before the handover: the user's, if they have written one.

        A user who has only pressed buttons has written none since the bot has had the conversation.
        """
        if found.first_message_id is not None:
            return found.last_message_id
        async for page in self._client.message_pages(found.conversation_id):
            return page[-1].id if page else None
        return None

    async def _first_message(self, found: NativeConversation) -> str | None:
        number = self._client.connector.history
        if number is None:
            return found.first_message_id
        if number == _SHOWN_ANYWAY:
            return None
        async for page in self._client.message_pages(found.conversation_id):
            return page[-number:][0].id if page else None
        return None

    async def _wait_for_last_words(self) -> None:
        """Wait until nothing of the bot's is left to post, so that the order is kept."""
        sender_id, until = self._session.sender_id, time.monotonic() + _LAST_WORDS
        with self._store.signals.watch(bot_topic(sender_id)) as changed:
            while await self._store.native.to_post(sender_id):
                left = until - time.monotonic()
                if left <= 0 or not await is_set_within(changed, left):
                    log.warning("handoff.native.last_words_late", session=self._session.id)
                    return
                changed.clear()
