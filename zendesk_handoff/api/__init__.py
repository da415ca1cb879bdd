"""The Conversations API: what Zendesk says, and how to talk to it."""

from zendesk_handoff.api.client import ConversationsClient
from zendesk_handoff.api.model import Conversation, Message, SwitchboardIntegration, User
from zendesk_handoff.api.retry import RetryPolicy
from zendesk_handoff.api.transport import open_http

__all__ = [
    "Conversation",
    "ConversationsClient",
    "Message",
    "RetryPolicy",
    "SwitchboardIntegration",
    "User",
    "open_http",
]
