"""Facebook Messenger in place of Rasa's ``facebook``: reads every event of a request, whole.

Rasa's channel handles the first message of a request and drops the others, drops what has neither
words nor a picture, sound, video or file, and calls Messenger in the server's event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import requests
import structlog
from rasa.core.channels import facebook as rasas
from rasa.core.channels.channel import UserMessage
from requests.adapters import HTTPAdapter
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.adapters.facebook_events import (
    JsonObject,
    content_of,
    events_of,
    keep_event,
    key_of,
    read_until,
    sender_of,
    text_for_bot,
)
from zendesk_handoff.channels.adapters.threads import in_thread
from zendesk_handoff.channels.inputs.attempts import Attempts
from zendesk_handoff.channels.unproven import may_log_call
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import MessageForAgents

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

#: Seconds within which Messenger is answered; it waits for twenty, and then sends again.
_ANSWER_WITHIN = 10.0
_PLATFORM = "facebook"
#: Seconds for a response of the bot's, and for each call of it; Rasa's channel waits without end.
_SEND_TIMEOUT = 30.0
_CALL_TIMEOUT = 20.0
_ACTION_TIMEOUT = 10.0
#: Messages of which is remembered that they came, for those that Messenger sends again.
_MAX_KEYS = 5_000
_DIGESTS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


class _Timed(HTTPAdapter):
    """Ends each call in time: a thread in which one hangs is lost, and Rasa's has no time-out."""

    def send(self, *arguments: Any, **keywords: Any) -> requests.Response:
        keywords["timeout"] = keywords.get("timeout") or _CALL_TIMEOUT
        return super().send(*arguments, **keywords)


class FacebookOutput(rasas.MessengerBot):
    """Rasa's output channel, whose calls wait in a thread."""

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Send a response of the bot's."""
        sending = super().send_response

        def send() -> None:
            asyncio.run(sending(recipient_id, message))

        await asyncio.wait_for(in_thread(_PLATFORM, send), _SEND_TIMEOUT)

    async def show(self, recipient_id: str, action: str) -> None:
        """Show that a message is read, or that an answer is being written; do without if it fails.

        Args:
            recipient_id: The user.
            action: ``mark_seen``, ``typing_on`` or ``typing_off``.
        """
        sending = self.messenger_client.send_action
        send = partial(sending, action, recipient_id, timeout=_ACTION_TIMEOUT)
        try:
            await in_thread(_PLATFORM, send)
        except Exception as error:
            log.info("handoff.facebook.action_failed", action=action, **error_fields(error))


class FacebookInput(rasas.FacebookInput):
    """Rasa's Messenger channel, with the same settings and routes."""

    is_in_place_of_rasas = True

    def get_output_channel(self) -> FacebookOutput:
        """Return an output channel with a client of its own."""
        client = super().get_output_channel().messenger_client
        for scheme in ("https://", "http://"):
            client.session.mount(scheme, _Timed())
        return FacebookOutput(client)

    @staticmethod
    def validate_hub_signature(
        app_secret: str, request_payload: bytes, hub_signature_header: str
    ) -> bool:
        """Tell whether a request is signed by the app's secret.

        Args:
            app_secret: The setting ``secret``.
            request_payload: The body.
            hub_signature_header: ``X-Hub-Signature-256`` or ``X-Hub-Signature``.
        """
        method, _, signature = hub_signature_header.partition("=")
        digest = _DIGESTS.get(method)
        if digest is None or not isinstance(app_secret, str) or not app_secret:
            return False
        expected = hmac.new(app_secret.encode(), request_payload, digest).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode())

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes, as Rasa's channel has them."""
        blueprint = Blueprint("handoff_facebook_webhook")
        handler = _Handler(self, on_new_message)

        @blueprint.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.get("/webhook", name="verification")
        async def verify(request: Request) -> HTTPResponse:
            given, wanted = request.args.get("hub.verify_token") or "", str(self.fb_verify or "")
            if wanted and hmac.compare_digest(given.encode(), wanted.encode()):
                return response.text(request.args.get("hub.challenge") or "")
            return response.text("failure, invalid token")

        @blueprint.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            headers = request.headers
            signature = headers.get("X-Hub-Signature-256") or headers.get("X-Hub-Signature") or ""
            if not self.validate_hub_signature(self.fb_secret, request.body, signature):
                if may_log_call(request.app):
                    log.warning("handoff.facebook.not_signed", meaning="check the setting `secret`")
                return response.text("not validated", status=403)
            metadata = self.get_metadata(request)
            events = events_of(request.body)
            self._note_reads(getattr(request.app.ctx, "zendesk_handoff", None), events)
            is_handled = await handler.handle(events, metadata)
            # Messenger sends again what is not answered with success.
            return response.text("success" if is_handled else "failed", 200 if is_handled else 500)

        return blueprint

    def _note_reads(self, runtime: Any, events: list[JsonObject]) -> None:
        """Report what users have read; without the plugin's runtime nobody wants to know."""
        if runtime is None:
            return
        for event in events:
            sender_id, until = sender_of(event), read_until(event)
            if sender_id and until is not None:
                runtime.user_reads.note_until(self.name(), sender_id, until)


class _Handler:
    """Handles the events of requests: each once, in order, and one's failure is not another's."""

    def __init__(self, channel: FacebookInput, on_new_message: OnNewMessage) -> None:
        self._channel = channel
        self._on_new_message = on_new_message
        #: The attempts at messages, by their keys: one that is repeated waits for the first.
        self._known: OrderedDict[str, asyncio.Task[bool]] = OrderedDict()
        self._failures = Attempts()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def handle(self, events: list[JsonObject], metadata: Any) -> bool:
        """Handle a request's events; return whether none is to be sent again.

        What takes longer goes on, and is sent again as well: it might fail yet, or the server die.
        """
        task = self._start(self._handle_all(events, metadata))
        done, _ = await asyncio.wait({task}, timeout=_ANSWER_WITHIN)
        return bool(done) and task.result()

    def _start(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _handle_all(self, events: list[JsonObject], metadata: Any) -> bool:
        # A list, not a generator: the others are handled though one has failed.
        return all([await self._handle_once(each, metadata) for each in events])

    async def _handle_once(self, event: JsonObject, metadata: Any) -> bool:
        key = key_of(event)
        if key is None:
            return await self._attempt(event, metadata, key)
        task = self._known.get(key)
        if task is None:
            task = self._known[key] = self._start(self._attempt(event, metadata, key))
            if len(self._known) > _MAX_KEYS:
                self._known.popitem(last=False)
        return await task

    async def _attempt(self, event: JsonObject, metadata: Any, key: str | None) -> bool:
        try:
            await self._pass_on(event, metadata)
        except Exception as error:
            # Rasa's channel logs the error's text, which may quote the user.
            log.error("handoff.facebook.not_handled", **error_fields(error))
            if key is None or self._failures.are_over(key):
                return True
            self._known.pop(key, None)
            return False
        return True

    async def _pass_on(self, event: JsonObject, metadata: Any) -> None:
        sender, text = sender_of(event), text_for_bot(event)
        content = content_of(event, is_own=lambda _url: False)
        if not sender or content is None or (content.is_empty and not content.lost):
            return
        output = self._channel.get_output_channel()
        message = (MessageForAgents if text is None else UserMessage)(
            text or "", output, sender, input_channel=self._channel.name(), metadata=metadata
        )
        keep_event(message, event)
        handled = asyncio.Event()
        # Beside: a slow Messenger neither delays the message nor lets the next one overtake it.
        self._start(_show(output, sender, handled if text is not None else None))
        try:
            await self._on_new_message(message)
        finally:
            handled.set()


async def _show(output: FacebookOutput, sender: str, handled: asyncio.Event | None) -> None:
    """Show that a message is read, and that an answer is being written until it is handled."""
    await output.show(sender, "mark_seen")
    if handled is not None and not handled.is_set():
        await output.show(sender, "typing_on")
        await handled.wait()
        await output.show(sender, "typing_off")
