"""The bot's words in native conversations: posted in order, once, while the bot has control."""

from __future__ import annotations

from typing import Any

import structlog

from zendesk_handoff.domain.native import NativeConversation
from zendesk_handoff.errors import ApiError, Locked, NotAuthorized, NotFound
from zendesk_handoff.handover.native_control import NativeControl, is_about_handover
from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.store.native import BotMessage
from zendesk_handoff.zendesk import ConversationsClient
from zendesk_handoff.zendesk.clients import Clients
from zendesk_handoff.zendesk.content import text_of

log = structlog.get_logger(__name__)

#: Recorded with words that came too late.
STALE = "the bot has no control of the conversation any more"


def bot_author(connector: Connector) -> dict[str, Any]:
    """Build the author of the bot's messages (Conversations API: schema `author`).

    Args:
        connector: The connector, whose settings say how the bot appears.
    """
    author: dict[str, Any] = {"type": "business", "displayName": connector.bot.name}
    if connector.bot.avatar_url:
        author["avatarUrl"] = connector.bot.avatar_url
    if connector.bot.ai:
        author["subtypes"] = ["AI"]
    return author


class NativePoster:
    """Posts what the bot has said.

    Args:
        store: The store.
        clients: The Conversations API clients.
        control: Tells who has control.
    """

    def __init__(self, store: Store, clients: Clients, control: NativeControl) -> None:
        """Keep the collaborators."""
        self._store = store
        self._clients = clients
        self._control = control

    async def post(self, conversation: NativeConversation, *, outcome_unknown: bool) -> None:
        """Post everything that waits in a conversation; this process has its lease.

        Args:
            conversation: The conversation.
            outcome_unknown: Whether the first message may have been posted without our knowledge.

        Raises:
            ConversationsError: Zendesk did not take a message; it is the first one the next time.
            StoreUnavailable: The same.
        """
        client = self._clients.interactive(conversation.connector_id)
        if client is None:
            return
        for message in await self._store.native.to_post(conversation.sender_id):
            if not self._store.native.leases.is_held(conversation.sender_id):
                return
            if not await self._may_post(conversation, message):
                log.info("handoff.native.stale_answer", connector=conversation.connector_id)
                await self._store.native.finish_post(message, error=STALE)
                continue
            error = await self._post(client, conversation, message, outcome_unknown)
            outcome_unknown = False
            await self._store.native.finish_post(message, error=error)

    async def _may_post(self, conversation: NativeConversation, message: BotMessage) -> bool:
        if await self._control.is_ours(conversation):
            return True
        session = await self._store.sessions.current(conversation.sender_id)
        return is_about_handover(session, message) and await self._control.has_agents(conversation)

    async def _post(
        self,
        client: ConversationsClient,
        conversation: NativeConversation,
        message: BotMessage,
        outcome_unknown: bool,
    ) -> str | None:
        """Post one message; return why Zendesk has refused it for good, if it has."""
        content = message.body["content"]
        values: dict[str, Any] = {
            "author": bot_author(client.connector),
            "marker": message.marker,
            "outcome_unknown": outcome_unknown,
        }
        try:
            try:
                await client.post_message(
                    conversation.conversation_id,
                    content,
                    schema=message.body.get("schema"),
                    **values,
                )
            except ApiError as error:
                words = text_of(content)
                if error.status != 400 or content.get("type") == "text" or not words:
                    raise
                # A picture that Zendesk cannot read, for example: the words are not lost.
                log.warning(
                    "handoff.native.in_words", connector=client.connector.id, error=str(error)
                )
                text = {"type": "text", "text": words}
                await client.post_message(conversation.conversation_id, text, **values)
        except NotAuthorized:
            raise
        except ApiError as error:
            if error.retryable and not isinstance(error, (NotFound, Locked)):
                raise
            log.error(
                "handoff.native.answer_refused", connector=client.connector.id, error=str(error)
            )
            return str(error)
        return None
