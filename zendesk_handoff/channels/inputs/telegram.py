"""Telegram in place of Rasa's ``telegram``: works with aiogram 2.15, and passes on everything.

Rasa's channel uses its bot's HTTP session in a loop that is closed, asks Telegram for the bot's
name at every message, and drops what is neither text nor a location.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from aiogram.utils import exceptions
from rasa.core.channels import telegram as rasas
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.adapters.telegram_updates import chat_of, message_of, read_update
from zendesk_handoff.channels.inputs.attempts import Attempts
from zendesk_handoff.channels.unproven import may_log_call
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import MessageForAgents

log = structlog.get_logger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

_TIMEOUT = 20.0
_RESTART = "/restart"
#: Attempts at setting the webhook when the server starts, and seconds between them.
_ATTEMPTS = 5
_PAUSE = 2.0


class TelegramInput(rasas.TelegramInput):
    """Rasa's Telegram channel, with the same settings and routes."""

    is_in_place_of_rasas = True
    _output: rasas.TelegramOutput | None = None
    _is_verified = False

    def get_output_channel(self) -> rasas.TelegramOutput:
        """Return the output channel. Its HTTP session is made with the first message."""
        if self._output is None:
            self._output = rasas.TelegramOutput(self.access_token)
            self._output.timeout = _TIMEOUT
        return self._output

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes, as Rasa's channel has them."""
        blueprint = Blueprint("telegram_webhook")
        tasks: set[asyncio.Task[None]] = set()
        attempts = Attempts()

        def start(work: Coroutine[Any, Any, None]) -> None:
            task = asyncio.create_task(work)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        @blueprint.listener("after_server_start")
        async def begin(_app: Sanic, _loop: object) -> None:
            start(self._set_webhook_at_start())

        @blueprint.listener("after_server_stop")
        async def stop(_app: Sanic, _loop: object) -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.get_output_channel().session.close()

        @blueprint.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/set_webhook", methods=["GET", "POST"])
        async def set_webhook(_request: Request) -> HTTPResponse:
            is_set = await self._set_webhook()
            return response.text("Webhook setup successful" if is_set else "Invalid webhook")

        @blueprint.route("/webhook", methods=["GET", "POST"])
        async def webhook(request: Request) -> HTTPResponse:
            if request.method != "POST":
                return response.empty()
            update = read_update(request.body)
            if not chat_of(message_of(update)):
                return response.text("success")  # nothing of a user's
            try:
                if not await self._verify():
                    return response.text("failed")
            except Exception as error:
                if may_log_call(request.app):
                    log.warning("handoff.telegram.not_verified", **error_fields(error))
                return response.text("Telegram does not answer", status=503)  # it is sent again
            if "callback_query" in update:
                start(self._answer_query(update["callback_query"]))
            metadata = self.get_metadata(request)
            if await self._pass_on(update, metadata, on_new_message):
                return response.text("success")
            if attempts.are_over(str(update.get("update_id"))):
                return response.text("success")
            return response.text("failed", status=500)  # it is sent again

        return blueprint

    async def _pass_on(self, update: Any, metadata: Any, on_new_message: OnNewMessage) -> bool:
        """Pass an update on; return whether that has succeeded."""
        text = _text_for_bot(update)
        texts = [text, "/start"] if text == _RESTART else [text]
        for each in texts:
            kind = MessageForAgents if each is None else UserMessage
            message = kind(
                each or "",
                self.get_output_channel(),
                chat_of(message_of(update)),
                input_channel=self.name(),
                metadata=metadata,
            )
            try:
                await on_new_message(message)
            except Exception as error:
                # Rasa's channel logs the error's text, or lets Sanic do so; it may quote the user.
                log.error("handoff.telegram.not_handled", **error_fields(error))
                return False
        return True

    async def _verify(self) -> bool:
        """Tell whether the token is that of the bot in the settings; Telegram is asked once."""
        if not self._is_verified:
            found = await self.get_output_channel().request("getMe")
            name = found.get("username") if isinstance(found, dict) else None
            self._is_verified = name == self.verify
        return self._is_verified

    async def _set_webhook(self) -> bool:
        return (
            await self.get_output_channel().request("setWebhook", {"url": self.webhook_url}) is True
        )

    async def _set_webhook_at_start(self) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                if await self._set_webhook():
                    return
                break
            except exceptions.RetryAfter as error:
                pause, failure = float(error.timeout), error_fields(error)
            except Exception as error:
                pause, failure = _PAUSE * 2**attempt, error_fields(error)
                if isinstance(error, exceptions.BadRequest | exceptions.Unauthorized):
                    break
            log.warning("handoff.telegram.webhook_not_set", **failure)
            await asyncio.sleep(pause)
        log.error(
            "handoff.telegram.webhook_not_set",
            meaning="Telegram's messages do not come; check access_token and webhook_url",
        )

    async def _answer_query(self, query: Any) -> None:
        """Answer a pressed button, on which the app shows a sign of progress until then."""
        query_id = query.get("id") if isinstance(query, dict) else None
        try:
            await self.get_output_channel().request(
                "answerCallbackQuery", {"callback_query_id": str(query_id)}
            )
        except Exception as error:
            log.info("handoff.telegram.query_not_answered", **error_fields(error))


def _text_for_bot(update: Any) -> str | None:
    """Return the text that Rasa's channel would give the bot; ``None`` if it gives it nothing."""
    query = update.get("callback_query")
    if isinstance(query, dict):
        data = query.get("data")
        return data if isinstance(data, str) else None
    message = message_of(update)
    text = message.get("text")
    if isinstance(text, str):
        return text if "edited_message" in update else text.replace("/bot", "")
    location = message.get("location")
    if isinstance(location, dict) and "edited_message" not in update:
        return f'{{"lng":{location.get("longitude")}, "lat":{location.get("latitude")}}}'
    return None
