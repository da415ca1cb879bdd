"""The Conversations API: client, transport, models and webhook events."""

from zendesk_handoff.zendesk.client import ConversationsClient
from zendesk_handoff.zendesk.models import Conversation, Message, SwitchboardIntegration, User
from zendesk_handoff.zendesk.retry import RetryPolicy
from zendesk_handoff.zendesk.transport import open_http

__all__ = [
    "Conversation",
    "ConversationsClient",
    "Message",
    "RetryPolicy",
    "SwitchboardIntegration",
    "User",
    "open_http",
]
