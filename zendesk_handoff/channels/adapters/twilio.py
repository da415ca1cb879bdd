"""The adapters of Twilio: SMS, and WhatsApp by Twilio.

Limits: pages "Messages resource" (https://www.twilio.com/docs/messaging/api/message-resource) and
"Guidance on WhatsApp media messages"
(https://www.twilio.com/docs/whatsapp/guidance-whatsapp-media-messages).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import requests
from aiohttp import BasicAuth
from rasa.core.channels.channel import UserMessage
from sanic.request import Request
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import RequestValidator

from zendesk_handoff.channels.adapters.downloads import Origin, download, origin
from zendesk_handoff.channels.adapters.refusals import no_connection
from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.channels.adapters.twilio_errors import refusal
from zendesk_handoff.channels.adapters.twilio_messages import (
    Form,
    content_of,
    is_whatsapp,
    may_redirect,
    media_path,
    outcome_of,
    read_form,
)
from zendesk_handoff.domain.limits import MEGABYTE, Limits, MediaLimit
from zendesk_handoff.domain.user_content import UserContent
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import (
    Address,
    ChannelAdapter,
    FetchedFile,
    Outcome,
    Receipt,
    Report,
)

Result = TypeVar("Result")

#: Seconds for a call; Twilio's client waits for ever.
_TIMEOUT = 20.0
_MAX_BODY = 1600
_SIGNATURE = "X-Twilio-Signature"


class TwilioAdapter(ChannelAdapter):
    """Sends SMS with Twilio's client, which Rasa's output channel is, in a thread.

    A file goes as a link: pictures in SMS work in few countries only, and are charged apart.
    """

    limits: ClassVar[Limits] = Limits(text=_MAX_BODY)

    def __init__(self, channel: Any) -> None:
        """Keep the channel; its client is made with the first message."""
        super().__init__(channel)
        # Rasa's own channel takes anybody's request; ours checks the signature if it is told to.
        self.proves_senders = bool(
            getattr(channel, "verify_signature", False) and getattr(channel, "auth_token", None)
        )
        self._client: Any = None

    def limitations(self) -> list[str]:
        """Say on what Rasa's own channel fails."""
        if getattr(self.channel, "is_in_place_of_rasas", False):
            return []
        return [
            "Rasa's channel answers a picture, voice or file without words with an error, before "
            "anybody can see it.",
            "Write `zendesk_handoff.channels.TwilioInput` in place of `twilio`.",
        ]

    def address(self, message: UserMessage) -> Address | None:
        """Return the user's number, which is Rasa's sender id."""
        return {"to": message.sender_id}

    def default_address(self, recipient_id: str) -> Address | None:
        """Return the user's number, which is Rasa's sender id."""
        return {"to": recipient_id}

    async def send(
        self, recipient_id: str, address: Address, message: dict[str, Any], *, key: str
    ) -> Receipt:
        """Hand a message to Twilio, which reports later what has become of it.

        Raises:
            NotDelivered: Twilio has refused it, or could not be reached.
        """
        arguments = self._arguments(str(address.get("to") or recipient_id), message)
        sent = await _in_thread(lambda: self._connected().messages.create(**arguments))
        sid = getattr(sent, "sid", None)
        if not isinstance(sid, str) or not sid:
            raise NotDelivered("the channel gave no answer that can be read", may_repeat=True)
        outcome = outcome_of(sent.status, sent.error_code)
        if outcome is not None and not outcome.is_delivered:
            raise NotDelivered(outcome.reason, may_repeat=False, is_of_form=not outcome.is_closed)
        return Receipt(is_confirmed=outcome is not None, reference="" if outcome else sid)

    def read_report(self, request: Request) -> Report | None:
        """Read a status callback, if Twilio has signed it."""
        form = read_form(request.body)
        if not is_signed(request, self.report_url, form, self.channel.auth_token):
            return None
        status, code = form.first("MessageStatus"), form.first("ErrorCode")
        return Report(form.first("MessageSid"), outcome_of(status, code))

    async def outcome(self, reference: str) -> Outcome | None:
        """Ask Twilio for the state of a message.

        Raises:
            NotDelivered: Twilio could not be asked.
        """
        found = await _in_thread(lambda: self._connected().messages(reference).fetch())
        return outcome_of(found.status, found.error_code)

    def receive(self, message: UserMessage, request: Request | None) -> UserContent:
        """Read what a user has sent out of Twilio's call."""
        form = read_form(request.body) if request is not None else Form()
        if not form or form.first("From") != message.sender_id:
            return super().receive(message, request)
        return content_of(form)

    async def fetch(self, reference: str) -> FetchedFile:
        """Read a user's file with the account's credentials, which stay at Twilio's API.

        Raises:
            NotDelivered: It cannot be read.
        """
        client = self._connected()
        base = client.get_hostname(client.api.base_url)
        path, api = media_path(f"{base}{reference}"), origin(base)
        if api is None or path is None:
            raise NotDelivered("the file is not at the channel's address", may_repeat=False)

        def may_follow(target: Origin) -> bool:
            return may_redirect(api, target)

        authorization = BasicAuth(client.username, client.password).encode()
        return await download(
            f"{base}{path}",
            {"Authorization": authorization},
            is_own=lambda found: found == api,
            may_follow=may_follow,
        )

    def _arguments(self, to: str, message: dict[str, Any]) -> dict[str, Any]:
        arguments: dict[str, Any] = {"to": to, "from_": self._connected().twilio_number}
        custom = message.get("custom")
        if isinstance(custom, dict):  # a designer's own call, as Rasa's channel takes it
            arguments |= {**custom, "to": to}
            if custom.get("messaging_service_sid"):
                arguments.pop("from_")
        elif message.get("image") or message.get("attachment"):
            if self.limits.image is None:
                raise NotDelivered("the channel takes no files", may_repeat=False)
            arguments["media_url"] = [str(message.get("image") or message["attachment"])]
            if message.get("text"):
                arguments["body"] = message["text"]
        elif "text" in message:
            arguments["body"] = message["text"].strip() or "…"  # Twilio takes no empty one
        else:
            raise NotDelivered("the channel does not take messages of this kind", may_repeat=False)
        if self.report_url:
            arguments["status_callback"] = self.report_url
        return arguments

    def _connected(self) -> Any:
        """Return the client, with the settings of the channel's own output channel.

        Raises:
            NotDelivered: The credentials are missing.
        """
        if self._client is None:
            try:
                client: Any = self.channel.get_output_channel()
            except TwilioException:
                reason = "the channel's settings lack Twilio's credentials"
                raise NotDelivered(reason, may_repeat=False, is_of_form=False) from None
            if client.http_client.timeout is None:
                client.http_client.timeout = _TIMEOUT
            self._client = client
        return self._client


class WhatsAppAdapter(TwilioAdapter):
    """Sends to WhatsApp, which takes one file with each message."""

    limits: ClassVar[Limits] = Limits(
        text=_MAX_BODY,
        image=MediaLimit(5 * MEGABYTE, ("image/jpeg", "image/png")),
        file=MediaLimit(
            16 * MEGABYTE,
            (
                *("audio/aac", "audio/amr", "audio/mpeg", "audio/ogg", "audio/3gpp"),
                *("application/pdf", "application/msword", "text/vcard", "video/mp4"),
                "application/vnd.openxmlformats-officedocument.",
            ),
        ),
    )


def make_adapter(channel: Any) -> TwilioAdapter:
    """Make the adapter of a channel: its own number decides whether it is WhatsApp's.

    Args:
        channel: Rasa's, or a subclass.
    """
    return (WhatsAppAdapter if is_whatsapp(channel.twilio_number) else TwilioAdapter)(channel)


def is_signed(request: Request, url: str, form: Form, token: object) -> bool:
    """Tell whether a call is Twilio's.

    Page "Webhooks security" (https://www.twilio.com/docs/usage/webhooks/webhooks-security).

    Args:
        request: Of anybody.
        url: The address to which Twilio sends it.
        form: The call's fields.
        token: The account's.
    """
    signature = request.headers.get(_SIGNATURE, "")
    if not (isinstance(token, str) and token and url and signature.isascii()):
        return False
    return bool(RequestValidator(token).validate(url, form, signature))


async def _in_thread(call: Callable[[], Result]) -> Result:
    try:
        return await in_thread("twilio", call)
    except TwilioRestException as error:
        raise refusal(error.status, error.code) from None  # its text may quote the message
    except (requests.RequestException, OSError):
        raise no_connection() from None
    except (TwilioException, AttributeError, KeyError, TypeError, ValueError):
        raise NotDelivered("the channel gave no answer that can be read", may_repeat=True) from None
