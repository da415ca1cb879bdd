"""The Rasa channels that ``credentials.yml`` names."""

from zendesk_handoff.channels.zendesk_input import ZendeskInput
from zendesk_handoff.webchat import WebChatInput

__all__ = ["WebChatInput", "ZendeskInput"]
