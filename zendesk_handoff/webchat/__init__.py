"""A chat page of our own, as a Rasa channel: POST towards the bot, server-sent events back."""

from zendesk_handoff.bounds import require

require("rasa", extra="rasa", by=__name__)

from zendesk_handoff.webchat.channel import WebChatInput
from zendesk_handoff.webchat.output import WebChatOutput

__all__ = ["WebChatInput", "WebChatOutput"]
