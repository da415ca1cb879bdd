"""Twilio in place of Rasa's ``twilio``: passes on files without words, and never blocks the loop.

Rasa's channel raises on a message without words, and waits for Twilio in the event loop.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import requests
import structlog
from rasa.core.channels import twilio as rasas
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse
from twilio.base.exceptions import TwilioException, TwilioRestException

from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.channels.adapters.twilio import is_signed
from zendesk_handoff.channels.adapters.twilio_messages import Form, body_for_bot, read_form
from zendesk_handoff.channels.inputs.attempts import Attempts
from zendesk_handoff.channels.unproven import may_log_call
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import MessageForAgents

log = structlog.get_logger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

#: Seconds for a call; Twilio's client waits for ever.
_TIMEOUT = 20.0


class TwilioOutput(rasas.TwilioOutput):
    """Rasa's output channel; its calls run in a thread."""

    async def _send_message(self, message_data: dict[str, Any]) -> Any:
        arguments = dict(message_data)
        try:
            return await in_thread("twilio", lambda: self.messages.create(**arguments))
        except (TwilioException, NotDelivered, requests.RequestException, OSError) as error:
            # Rasa's channel goes on, too. Twilio's text may quote the message.
            code = error.code if isinstance(error, TwilioRestException) else None
            log.error("handoff.twilio.not_sent", error=type(error).__name__, code=code)
            return None


class TwilioInput(rasas.TwilioInput):
    """Rasa's Twilio channel, with the same settings and routes.

    With ``verify_signature: true`` in ``credentials.yml`` a message is taken only if Twilio has
    signed it for its address: the plugin's ``public_url`` and the path of the webhook.
    """

    is_in_place_of_rasas = True
    verify_signature = False
    _output: TwilioOutput | None = None

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> rasas.TwilioInput:
        """Create the channel from its block of ``credentials.yml``."""
        made = super().from_credentials(credentials)
        made.verify_signature = bool((credentials or {}).get("verify_signature"))
        return made

    def get_output_channel(self) -> TwilioOutput:
        """Return the output channel, which keeps its connections."""
        if self._output is None:
            self._output = TwilioOutput(self.account_sid, self.auth_token, self.twilio_number)
            self._output.http_client.timeout = _TIMEOUT
        return self._output

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes, as Rasa's channel has them."""
        blueprint = Blueprint("handoff_twilio_webhook")
        attempts = Attempts()

        @blueprint.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            form = read_form(request.body)
            if self.verify_signature and not self._is_signed(request, form):
                if may_log_call(request.app):
                    log.warning("handoff.twilio.not_signed")
                return response.text("The request is not signed by Twilio.", status=403)
            if form.first("From") and not _is_report(form):
                is_handled = await self._pass_on(request, form, on_new_message)
                sid = form.first("MessageSid")
                if not is_handled and not (sid and attempts.are_over(sid)):
                    # Twilio tries the fallback URL, or again where the address asks for it.
                    return response.text("", status=500)
            return response.text("", status=204)

        return blueprint

    async def _pass_on(self, request: Request, form: Form, on_new_message: OnNewMessage) -> bool:
        """Pass a message on; return whether that has succeeded."""
        text = body_for_bot(form)
        kind = UserMessage if text.strip() else MessageForAgents
        message = kind(
            text,
            self.get_output_channel(),
            form.first("From"),
            input_channel=self.name(),
            metadata=self.get_metadata(request),
        )
        try:
            await on_new_message(message)
        except Exception as error:
            # Rasa's channel logs the error's text, or lets Sanic do so; it may quote the user.
            log.error("handoff.twilio.not_handled", **error_fields(error))
            return False
        return True

    def _is_signed(self, request: Request, form: Form) -> bool:
        runtime = getattr(request.app.ctx, "zendesk_handoff", None)
        if runtime is None:
            return False
        query = f"?{request.query_string}" if request.query_string else ""
        url = f"{runtime.settings.public_url}{request.path}{query}"
        return is_signed(request, url, form, self.auth_token)


def _is_report(form: Form) -> bool:
    """Tell whether a call reports the state of a message of the bot's; it has no text."""
    return "MessageStatus" in form and "Body" not in form
