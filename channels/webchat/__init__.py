"""A chat page of our own, as a Rasa channel: POST towards the bot, server-sent events back."""

from .channel import WebChatInput
from .output import WebChatOutput

__all__ = ["WebChatInput", "WebChatOutput"]
