"""The adapter of Rasa's ``hangouts`` channel (Google Chat), which only answers requests."""

from __future__ import annotations

from typing import ClassVar

from rasa.core.channels.channel import UserMessage
from sanic.request import Request

from zendesk_handoff.channels.adapters.json_body import json_body
from zendesk_handoff.channels.adapters.pull import PullAdapter
from zendesk_handoff.domain.markup import WORD_JOINER, outside_urls
from zendesk_handoff.domain.user_content import UserContent

#: Events in which the user says nothing: the bot was added to a conversation, or removed from one.
_NOT_SAID = frozenset({"ADDED_TO_SPACE", "REMOVED_FROM_SPACE"})
#: Fields of a message with what only a service account can read, or nobody.
_UNREADABLE = ("attachment", "attachedGifs")


class HangoutsAdapter(PullAdapter):
    """Reads the message of Google Chat's event.

    Its attachments can be read only with a service account, which Rasa's channel does not have.
    """

    # The answer is one message of at most 32,000 bytes with its cards (Google Chat API: "Send a
    # message"); the rest is for the bot's own words, and for the cards around the texts.
    max_response: ClassVar[int | None] = 28_000

    def limitations(self) -> list[str]:
        """Say what Google Chat, or Rasa's channel, does not pass on."""
        return [
            "Google Chat's events report no corrections and no deletions; Rasa's channel answers a "
            "message that has a file and no words with an error, and nobody hears of it."
        ]

    def literal(self, text: str) -> str:
        """Write a text so that it mentions nobody, hides no address and has no tags.

        Google Chat's pages "Format messages" and "Send a card message": ``<users/all>`` and
        ``<https://…|words>`` in a text, some tags of HTML in a card.
        """
        return outside_urls(text, lambda part: part.replace("<", f"<{WORD_JOINER}"))

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read the text, and whether something came with it.

        Google Chat API: `EventType` and `Message`.
        """
        event = json_body(request)
        kind, sent = event.get("type"), event.get("message")
        if kind in _NOT_SAID:  # Rasa's channel makes an intent of it, for the bot
            return UserContent()
        if kind != "MESSAGE" or not isinstance(sent, dict):
            return super().receive(message, request)
        name = sent.get("name")
        return UserContent(
            text=message.text or "",
            key=name if isinstance(name, str) else None,
            lost=any(sent.get(each) for each in _UNREADABLE),
        )
