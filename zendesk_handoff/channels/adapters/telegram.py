"""The adapter of Telegram: a chat, or a topic of a forum, over the Bot API.

Limits and methods: page "Telegram Bot API" (https://core.telegram.org/bots/api).
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, ClassVar
from urllib.parse import urlsplit

import aiohttp
from aiogram.utils import exceptions
from rasa.core.channels.channel import UserMessage
from rasa.core.channels.telegram import TelegramOutput
from sanic.request import Request

from zendesk_handoff.channels.adapters.redirects import refuse_redirects
from zendesk_handoff.channels.adapters.refusals import http_refusal, no_connection
from zendesk_handoff.channels.adapters.telegram_updates import (
    MAX_FILE_BYTES,
    chat_of,
    content_of,
    message_of,
    read_update,
    topic_of,
)
from zendesk_handoff.domain.limits import MEGABYTE, Limits, MediaLimit
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Address, ChannelAdapter, FetchedFile, Receipt
from zendesk_handoff.rasa.response_tracking import request_of

#: Seconds for a call, and for a file of the largest size.
_TIMEOUT = 20.0
_DOWNLOAD_TIMEOUT = 120.0
_CHUNK_BYTES = 64 * 1024
_MAX_CALLBACK_BYTES = 64
#: Errors of which aiogram 2.15 has no class; Telegram's text is compared with them, never quoted.
_OTHER_ERRORS = (
    "message thread not found",
    "topic_closed",
    "not enough rights to send",
    "have no rights to send",
    "chat_write_forbidden",
    "wrong type of the web page content",
    "user_is_blocked",
)
#: Of these and aiogram's own the ones after which nothing else is taken at the place; the right
#: that is missing may be that to send pictures.
_CLOSED = frozenset(
    {
        *("message thread not found", "topic_closed", "chat_write_forbidden", "user_is_blocked"),
        *("chat not found", "group chat was deactivated"),
    }
)
_STATUS_BY_ERROR: tuple[tuple[type[Exception], int], ...] = (
    (exceptions.BadRequest, 400),
    (exceptions.Unauthorized, 403),
    (exceptions.NotFound, 404),
    (exceptions.ConflictError, 409),
)


class TelegramAdapter(ChannelAdapter):
    """Sends to a chat with a bot of its own.

    The bot of Rasa's channel has an HTTP session of a loop that is closed. This one is made in the
    running loop, and sets no webhook.
    """

    limits: ClassVar[Limits] = Limits(
        text=4096,
        image=MediaLimit(5 * MEGABYTE, ("image/jpeg", "image/png", "image/gif")),
        file=MediaLimit(20 * MEGABYTE, ("application/pdf", "application/zip", "image/gif")),
        buttons=50,
    )

    def __init__(self, channel: Any) -> None:
        """Keep the channel; nothing is called yet."""
        super().__init__(channel)
        self._bot: TelegramOutput | None = None

    async def close(self) -> None:
        """Close the bot's HTTP session."""
        if self._bot is not None:
            await self._bot.session.close()

    def limitations(self) -> list[str]:
        """Say that Rasa's own channel does not work with the aiogram that it installs."""
        if getattr(self.channel, "is_in_place_of_rasas", False):
            return []
        return [
            "With aiogram 2, which Rasa installs, Rasa's channel answers every message with an "
            "error; it drops pictures, voice, files, stickers and contacts.",
            "Write `zendesk_handoff.channels.TelegramInput` in place of `telegram`.",
        ]

    def address(self, message: UserMessage) -> Address | None:
        """Return the chat, which is Rasa's sender id, and the topic."""
        request = request_of(message)
        sent = message_of(read_update(request.body)) if request is not None else {}
        topic = topic_of(sent) if chat_of(sent) == message.sender_id else None
        return {"chat": message.sender_id} | ({} if topic is None else {"topic": topic})

    def default_address(self, recipient_id: str) -> Address | None:
        """Return the chat, which is Rasa's sender id."""
        return {"chat": recipient_id}

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Send a message.

        Raises:
            NotDelivered: Telegram has refused it, or could not be reached.
        """
        chat, topic = str(address.get("chat") or recipient_id), address.get("topic")
        if "custom" in message:
            await self._send_custom(chat, topic, message["custom"])
            return Receipt()
        method, values = _call(message)
        place = {"chat_id": chat} | ({} if topic is None else {"message_thread_id": topic})
        try:
            result = await self._request(method, {**values, **place})
        except exceptions.MigrateToChat as moved:
            # The group has become a supergroup. Without the topic, of which the new one has none.
            moved_to = {"chat_id": str(moved.migrate_to_chat_id)}
            result = await self._request(method, {**values, **moved_to})
        if not isinstance(result, dict) or "message_id" not in result:
            raise NotDelivered("the channel gave no answer that can be read", may_repeat=True)
        return Receipt()

    async def show_typing(self, recipient_id: str, address: Address, *, is_on: bool) -> None:
        """Show it for five seconds, or until the next message (`sendChatAction`)."""
        if not is_on:
            return
        chat, topic = str(address.get("chat") or recipient_id), address.get("topic")
        place = {"chat_id": chat} | ({} if topic is None else {"message_thread_id": topic})
        await self._request("sendChatAction", {**place, "action": "typing"})

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent out of Telegram's update."""
        update = read_update(request.body) if request is not None else {}
        if chat_of(message_of(update)) != message.sender_id:
            return super().receive(message, request)
        return content_of(update)

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file. Its address holds the token, and stays here.

        Raises:
            NotDelivered: It cannot be read.
        """
        found = await self._request("getFile", {"file_id": reference})
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(path, str) or ".." in path:
            raise NotDelivered("the channel does not have the file", may_repeat=False)
        try:
            return FetchedFile(await asyncio.wait_for(self._download(path), _DOWNLOAD_TIMEOUT))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
            raise no_connection() from None  # their texts hold the address

    async def _download(self, path: str) -> bytes:
        bot = self._own_bot()
        url = bot.get_file_url(path)
        async with bot.session.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise http_refusal(response.status, retry_after=response.headers.get("Retry-After"))
            data = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                data += chunk
                if len(data) > MAX_FILE_BYTES:
                    raise NotDelivered("the file is too large", may_repeat=False)
            return bytes(data)

    async def _send_custom(self, chat: str, topic: object, custom: Any) -> None:
        """Send a designer's own call of Telegram's API, as Rasa's channel does."""
        if topic is not None or not isinstance(custom, dict):
            raise NotDelivered("custom messages cannot be sent there", may_repeat=False)
        try:
            await self._own_bot().send_custom_json(chat, custom)
        except (exceptions.TelegramAPIError, asyncio.TimeoutError, OSError) as error:
            raise _refusal(error) from None

    async def _request(self, method: str, values: dict[str, Any]) -> Any:
        try:
            return await self._own_bot().request(method, values)
        except exceptions.MigrateToChat as moved:
            if str(moved.migrate_to_chat_id) == values.get("chat_id"):
                raise _refusal(moved) from None
            raise
        except (exceptions.TelegramAPIError, asyncio.TimeoutError, OSError) as error:
            raise _refusal(error) from None

    def _own_bot(self) -> TelegramOutput:
        if self._bot is None:
            self._bot = TelegramOutput(self.channel.access_token)
            self._bot.timeout = _TIMEOUT
            refuse_redirects(self._bot.session)
        return self._bot


def _call(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Make the method and its values of a message. Texts have no markup, so they are literal."""
    image, attachment = message.get("image"), message.get("attachment")
    if isinstance(image, str):
        if urlsplit(image).path.lower().endswith(".gif"):
            return "sendAnimation", {"animation": image}
        return "sendPhoto", {"photo": image}
    if isinstance(attachment, str):
        return "sendDocument", {"document": attachment}
    if "text" not in message:
        raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)
    values: dict[str, Any] = {"text": message["text"] or "…"}
    buttons = message.get("buttons")
    if buttons:
        rows = [[_button(each, number)] for number, each in enumerate(buttons, start=1)]
        values["reply_markup"] = json.dumps({"inline_keyboard": rows})
    return "sendMessage", values


def _button(button: dict[str, Any], number: int) -> dict[str, str]:
    """Make a button that sends its payload, or its title or number where that is too long."""
    title = str(button.get("title") or number)
    if isinstance(button.get("url"), str):
        return {"text": title, "url": button["url"]}
    offered = (str(button.get("payload") or ""), title, str(number))
    data = next(each for each in offered if 0 < len(each.encode()) <= _MAX_CALLBACK_BYTES)
    return {"text": title, "callback_data": data}


def _refusal(error: Exception) -> NotDelivered:
    """Make the error of a refusal. Telegram's text may quote the message, so it is not used."""
    if isinstance(error, exceptions.RetryAfter):
        return http_refusal(429, retry_after=error.timeout)
    for kind, status in _STATUS_BY_ERROR:
        if isinstance(error, kind):
            words = _known_words(error)
            # 403: the user has blocked the bot, or it was removed from the group.
            is_closed = status != 400 or words.casefold() in _CLOSED
            return http_refusal(status, words, is_of_form=not is_closed)
    if isinstance(error, exceptions.MigrateToChat):
        return http_refusal(400, "the group has moved")
    if type(error) in {exceptions.TelegramAPIError, exceptions.RestartingTelegram}:  # 5xx
        return NotDelivered("the channel failed", may_repeat=True)
    return no_connection()


def _known_words(error: Exception) -> str:
    """Return Telegram's words for an error, if they are the same whatever the message."""
    found = str(getattr(type(error), "match", ""))
    text = str(error).casefold()
    return found or next((each for each in _OTHER_ERRORS if each in text), "")
