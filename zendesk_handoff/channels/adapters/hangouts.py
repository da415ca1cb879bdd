"""The adapter of Rasa's ``hangouts`` channel (Google Chat), which only answers requests."""

from __future__ import annotations

from typing import ClassVar

from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.channels.adapters.pull import PullAdapter
from zendesk_handoff.domain.user_content import UserContent


class HangoutsAdapter(PullAdapter):
    """Reads the message of Google Chat's event.

    Its attachments can be read only with a service account, which Rasa's channel does not have.
    """

    # The answer is one message of at most 32,000 bytes with its cards (Google Chat API: "Send a
    # message"); the rest is for the bot's own words, and for the cards around the texts.
    max_response: ClassVar[int | None] = 28_000

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read the text, and whether something came with it (Google Chat API: `Message`)."""
        body = request.json if request is not None else None
        event = body if isinstance(body, dict) and body.get("type") == "MESSAGE" else {}
        sent = event.get("message")
        sent = sent if isinstance(sent, dict) else {}
        name = sent.get("name")
        return UserContent(
            text=message.text or "",
            key=name if isinstance(name, str) else None,
            lost=bool(sent.get("attachment")),
        )
