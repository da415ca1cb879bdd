"""What runs in the Rasa server: Zendesk's webhook, the gate, delivery, the chat page."""

from zendesk_handoff.bounds import check_bounds

try:
    from .webchat import WebChatInput
    from .zendesk import ZendeskInput
except ImportError:
    check_bounds()  # Rasa would call it an unknown channel, where its own names have moved
    raise

__all__ = ["WebChatInput", "ZendeskInput"]
