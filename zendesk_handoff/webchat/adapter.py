"""The adapter of the chat page: messages become history items, which the page shows when it can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.domain.limits import Limits, MediaLimit
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.domain.user_ids import PAGE_PREFIX
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, Receipt
from zendesk_handoff.rasa.channel_output import RESPONSE
from zendesk_handoff.webchat.history import agent_item
from zendesk_handoff.webchat.markdown import escape_markdown
from zendesk_handoff.webchat.output import KeyedOutput, WebChatOutput
from zendesk_handoff.webchat.queue import PageMessage


class WebChatAdapter(ChannelAdapter):
    """Stores what the user is to see; the page loads what it has missed."""

    limits: ClassVar[Limits] = Limits(
        text=1_000_000, image=MediaLimit(), file=MediaLimit(), buttons=100, cards=True
    )
    is_idempotent = True
    is_own_page = True
    proves_senders = True  # by the secret in the cookie, of which the id is a digest
    sender_prefix = PAGE_PREFIX

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Store a message once."""
        store = self.channel.store
        if "agent_message" in message:
            self.channel.typing.set(recipient_id, is_on=False)
            item = agent_item(message["agent_message"])
            await store().chat.add(recipient_id, item, request_id=key)
        else:
            output = KeyedOutput(store, key) if key else WebChatOutput(store)
            await output.send_response(recipient_id, message)
        return Receipt()

    async def show_typing(self, recipient_id: str, address: Address, *, is_on: bool) -> None:
        """Show it on the pages of this process."""
        self.channel.typing.set(recipient_id, is_on=is_on)

    async def show_read(self, recipient_id: str, address: Address) -> None:
        """Mark the user's messages on the pages of this process."""
        self.channel.reads.note(recipient_id)

    async def take_back(self, recipient_id: str, address: Address, *, key: str) -> bool:
        """Mark an agent's message as deleted."""
        taken: bool = await self.channel.store().chat.take_back(recipient_id, request_id=key)
        return taken

    def as_response(self, message: dict[str, Any], name: str) -> dict[str, Any]:
        """Keep the name, by which what is said of the handover becomes a line of its own."""
        return {**message, RESPONSE: name}

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read a message, and who has written it; a place is one, and not its address in words."""
        content = super().receive(message, request)
        if not isinstance(message, PageMessage):
            return content
        if message.place is not None:
            content = replace(content, text="", places=(message.place,))
        return replace(content, user=message.user)

    def render(self, message: AgentMessage) -> list[dict[str, Any]]:
        """Leave an agent's message whole: the page shows all of it."""
        return [{"agent_message": message}]

    def literal(self, text: str) -> str:
        """Write a text so that the page, which renders Markdown, shows it literally."""
        return escape_markdown(text)
