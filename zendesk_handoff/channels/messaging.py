"""The adapter of native conversations: the bot's answers are stored for Zendesk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.domain.limits import Limits
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.domain.native import NATIVE_PREFIX
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, Receipt
from zendesk_handoff.rasa.native_turn import NativeMessage
from zendesk_handoff.zendesk.bot_content import LIMITS, content_of, limits_of


class MessagingAdapter(ChannelAdapter):
    """Stores what the bot says; a worker posts it while the bot has control."""

    limits: ClassVar[Limits] = LIMITS
    is_idempotent = True
    shows_agents = True
    proves_senders = True  # by the secret of the webhook
    sender_prefix = NATIVE_PREFIX

    def limits_at(self, address: Address) -> Limits:
        """Tell the limits of the user's channel at Zendesk."""
        return limits_of(_source(address))

    def address(self, message: UserMessage) -> Address | None:
        """Tell the user's channel at Zendesk; the sender id names the conversation."""
        return {"source": message.source} if isinstance(message, NativeMessage) else {}

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Store a message once, in Zendesk's own form."""
        try:
            body = content_of(message, source=_source(address))
        except ValueError as error:
            raise NotDelivered(str(error), may_repeat=False) from None
        if not await self.channel.store().native.say(recipient_id, body, key=key):
            raise NotDelivered("there is no such conversation", may_repeat=False)
        return Receipt()

    async def take_back(self, recipient_id: str, address: Address, *, key: str) -> bool:
        """Leave it to Zendesk, which shows that an agent has deleted a message."""
        return True

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read a message, and who has written it."""
        content = super().receive(message, request)
        if not isinstance(message, NativeMessage):
            return content
        return replace(content, user=message.user)

    def render(self, message: AgentMessage) -> Sequence[dict[str, Any]]:
        """Leave an agent's message out: the user sees it already."""
        return ()


def _source(address: Address) -> str:
    source = address.get("source")
    return source if isinstance(source, str) else ""
