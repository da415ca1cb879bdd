"""The plugin's channels under the short names of this checkout."""

from zendesk_handoff.channels import WebChatInput, ZendeskInput

__all__ = ["WebChatInput", "ZendeskInput"]
