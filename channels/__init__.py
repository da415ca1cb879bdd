"""What runs in the Rasa server: Zendesk's webhook, the gate, delivery, the chat page."""

from zendesk_handoff.channels.zendesk_input import ZendeskInput
from zendesk_handoff.webchat import WebChatInput

__all__ = ["WebChatInput", "ZendeskInput"]
