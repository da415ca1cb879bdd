"""A chat page as a Rasa channel: messages by POST, replies by server-sent events."""

from zendesk_handoff.bounds import require

require("rasa", extra="rasa", by=__name__)

from zendesk_handoff.webchat.channel import WebChatInput
from zendesk_handoff.webchat.output import WebChatOutput

__all__ = ["WebChatInput", "WebChatOutput"]
