"""What runs in the Rasa server: Zendesk's webhook, the gate, delivery, the chat page."""

from .webchat import WebChatInput
from .zendesk import ZendeskInput

__all__ = ["WebChatInput", "ZendeskInput"]
