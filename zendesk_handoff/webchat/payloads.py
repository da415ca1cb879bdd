"""Payloads from the page: those that the conversation has offered, and no other."""

from __future__ import annotations

from dataclasses import replace

from zendesk_handoff.domain.payloads import as_words, command_of, is_payload
from zendesk_handoff.store.chat import Chat
from zendesk_handoff.webchat.history import offers
from zendesk_handoff.webchat.messages import IncomingMessage


async def only_offered(chat: Chat, sender_id: str, message: IncomingMessage) -> IncomingMessage:
    """Make words of a payload that no button of the conversation has.

    Rasa puts the entities of a payload into slots, even if a user has typed it.

    Args:
        chat: The history.
        sender_id: The user's id.
        message: As the page has sent it.
    """
    command = command_of(message.text)
    if command is not None:
        return replace(message, text=command)
    if message.title is None and not is_payload(message.text):
        return message
    items = await chat.last_items(sender_id, item_id=message.answers)
    if any(offers(each.body, message.text) for each in items):
        return message
    return IncomingMessage(message.id, as_words(message.text))
