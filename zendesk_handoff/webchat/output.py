"""The output channel: messages of the bot and of agents become history items in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.foreign_values import mappings_of, text_of
from zendesk_handoff.domain.responses import NOTICES
from zendesk_handoff.rasa.channel_output import RESPONSE
from zendesk_handoff.store.store import Store
from zendesk_handoff.webchat.conversation import CHANNEL
from zendesk_handoff.webchat.history import HistoryItem, bot_item, describe_media, status_item
from zendesk_handoff.webchat.markdown import escape_markdown

log = structlog.get_logger(__name__)

#: What a response may have that is no line of words.
_BESIDES_TEXT = ("buttons", "quick_replies", "image", "attachment", "elements", "custom")


class WebChatOutput(OutputChannel):
    """Writes to a conversation's page, whether it is open or is opened later.

    Args:
        store: Returns the store; before the server starts there is none.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        """Use a store."""
        super().__init__()
        self._store = store

    @classmethod
    def name(cls) -> str:
        """Return the channel's name."""
        return CHANNEL

    @staticmethod
    def escape_markup(text: str) -> str:
        """Write a text so that the page, which renders Markdown, shows it literally."""
        return escape_markdown(text)

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Show a response; words about the handover itself are a line between the messages."""
        is_notice = message.get(RESPONSE) in NOTICES
        if is_notice and not any(message.get(each) for each in _BESIDES_TEXT):
            await self._show(recipient_id, status_item(text_of(message.get("text"))))
        else:
            await super().send_response(recipient_id, message)

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Show a text as one message; its blank lines separate paragraphs, not messages."""
        await self._show(recipient_id, bot_item(text_of(text)))

    async def send_text_with_buttons(
        self, recipient_id: str, text: str, buttons: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Show a text and buttons below it."""
        await self._show(recipient_id, bot_item(text_of(text), buttons=mappings_of(buttons)))

    async def send_quick_replies(
        self, recipient_id: str, text: str, quick_replies: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Show quick replies as buttons."""
        await self.send_text_with_buttons(recipient_id, text, quick_replies)

    async def send_image_url(self, recipient_id: str, image: str, **kwargs: Any) -> None:
        """Show an image."""
        await self._show(recipient_id, bot_item(media=describe_media("image", image)))

    async def send_attachment(
        self, recipient_id: str, attachment: str | Mapping[str, Any], **kwargs: Any
    ) -> None:
        """Show a link to a file: an address, or the shape that other channels use."""
        await self._show(recipient_id, bot_item(media=_attachment(attachment)))

    async def send_elements(
        self, recipient_id: str, elements: Iterable[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Show each element of a list or carousel as a message with its image and buttons."""
        for element in mappings_of(list(elements)):
            title, subtitle = text_of(element.get("title")), text_of(element.get("subtitle"))
            lines = [f"**{title}**" if title else "", subtitle]
            item = bot_item(
                "\n".join(line for line in lines if line),
                buttons=mappings_of(element.get("buttons")),
                media=describe_media("image", element.get("image_url"), name=title or None),
            )
            await self._show(recipient_id, item)

    async def send_custom_json(
        self, recipient_id: str, json_message: dict[str, Any], **kwargs: Any
    ) -> None:
        """Show a custom message that has the fields of any other; raw JSON is not shown."""
        if not isinstance(json_message, Mapping):
            return
        text = json_message.get("text")
        media = describe_media("image", json_message.get("image")) or _attachment(
            json_message.get("attachment")
        )
        item = bot_item(
            text if isinstance(text, str) else None,
            buttons=mappings_of(json_message.get("buttons")),
            media=media,
        )
        if item is None:
            log.debug("handoff.webchat.custom_message_not_shown")
        await self._show(recipient_id, item)

    async def _show(self, recipient_id: str, item: HistoryItem | None) -> None:
        if item is not None:
            await self._store().chat.add(recipient_id, item)


class KeyedOutput(WebChatOutput):
    """Writes the parts of one response, each under a key of its own, and each once.

    Args:
        store: Returns the store.
        key: Identifies the response.
    """

    def __init__(self, store: Callable[[], Store], key: str) -> None:
        """Begin with the first part."""
        super().__init__(store)
        self._key = key
        self._part = 0

    async def _show(self, recipient_id: str, item: HistoryItem | None) -> None:
        if item is not None:
            request_id = f"said:{self._key}:{self._part}"
            self._part += 1
            await self._store().chat.add(recipient_id, item, request_id=request_id)


def _attachment(value: object) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        payload = value.get("payload")
        inner = payload if isinstance(payload, Mapping) else value
        name = inner.get("title") or inner.get("name")
        kind = "image" if value.get("type") == "image" else "file"
        url = inner.get("src") or inner.get("url")
        return describe_media(kind, url, name=name if isinstance(name, str) else None)
    return describe_media("file", value)
