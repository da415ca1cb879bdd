"""What the bot, or an agent, says becomes entries of the chat; the page reads them from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.store.store import Store
from zendesk_handoff.webchat.history import HistoryItem, agent_item, bot_item, media_of

log = structlog.get_logger(__name__)


class WebChatOutput(OutputChannel):
    """Write to the page of a conversation, whether it is open or comes back later.

    Args:
        store: Gives the store when it is needed: before the server starts there is none.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        """Remember where the store is."""
        self._store = store

    @classmethod
    def name(cls) -> str:
        """Give the channel's name."""
        return "webchat"

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Show text as one message: blank lines are the writer's paragraphs."""
        await self._show(recipient_id, bot_item(text))

    async def send_text_with_buttons(
        self, recipient_id: str, text: str, buttons: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Show text and the choices below it."""
        await self._show(recipient_id, bot_item(text, buttons=buttons))

    async def send_quick_replies(
        self, recipient_id: str, text: str, quick_replies: list[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Show quick replies as what they are here: buttons."""
        await self.send_text_with_buttons(recipient_id, text, quick_replies)

    async def send_image_url(self, recipient_id: str, image: str, **kwargs: Any) -> None:
        """Show an image."""
        await self._show(recipient_id, bot_item(media=media_of("image", image)))

    async def send_attachment(
        self, recipient_id: str, attachment: str | Mapping[str, Any], **kwargs: Any
    ) -> None:
        """Offer a file: an address, or the shape that other channels use."""
        await self._show(recipient_id, bot_item(media=_attachment(attachment)))

    async def send_elements(
        self, recipient_id: str, elements: Iterable[dict[str, Any]], **kwargs: Any
    ) -> None:
        """Show each element of a list or carousel as a message with its image and buttons."""
        for element in elements:
            title, subtitle = element.get("title") or "", element.get("subtitle") or ""
            lines = [f"**{title}**" if title else "", subtitle]
            entry = bot_item(
                "\n".join(line for line in lines if line),
                buttons=element.get("buttons") or (),
                media=media_of("image", element.get("image_url"), name=title or None),
            )
            await self._show(recipient_id, entry)

    async def send_custom_json(
        self, recipient_id: str, json_message: dict[str, Any], **kwargs: Any
    ) -> None:
        """Show a custom message that looks like any other one; nobody wants to read JSON."""
        if not isinstance(json_message, Mapping):
            return
        text, buttons = json_message.get("text"), json_message.get("buttons")
        media = media_of("image", json_message.get("image")) or _attachment(
            json_message.get("attachment")
        )
        entry = bot_item(
            text if isinstance(text, str) else None,
            buttons=[each for each in buttons if isinstance(each, Mapping)]
            if isinstance(buttons, list)
            else (),
            media=media,
        )
        if entry is None:
            log.debug("handoff.webchat.custom_message_not_shown")
        await self._show(recipient_id, entry)

    async def send_agent_message(self, recipient_id: str, message: AgentMessage) -> None:
        """Show what an agent says, once, however often it is delivered.

        Args:
            recipient_id: Whose page.
            message: The words, or the file.
        """
        request_id = f"zendesk:{message.id}"
        await self._store().chat.add(recipient_id, agent_item(message), request_id=request_id)

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Show a response that is named, each part of it once."""
        await _KeyedOutput(self._store, key).send_response(recipient_id, message)

    async def _show(self, recipient_id: str, entry: HistoryItem | None) -> None:
        if entry is not None:
            await self._store().chat.add(recipient_id, entry)


class _KeyedOutput(WebChatOutput):
    """Write the parts of one named response."""

    def __init__(self, store: Callable[[], Store], key: str) -> None:
        super().__init__(store)
        self._key = key
        self._part = 0

    async def _show(self, recipient_id: str, entry: HistoryItem | None) -> None:
        if entry is not None:
            request_id = f"said:{self._key}:{self._part}"
            self._part += 1
            await self._store().chat.add(recipient_id, entry, request_id=request_id)


def _attachment(value: object) -> dict[str, str] | None:
    if isinstance(value, Mapping):
        payload = value.get("payload")
        inner = payload if isinstance(payload, Mapping) else value
        name = inner.get("title") or inner.get("name")
        kind = "image" if value.get("type") == "image" else "file"
        url = inner.get("src") or inner.get("url")
        return media_of(kind, url, name=name if isinstance(name, str) else None)
    return media_of("file", value)
