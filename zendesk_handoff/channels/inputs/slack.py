"""Slack in place of Rasa's ``slack``: passes on files without words, corrections and deletions.

Rasa's channel answers before a message is stored, drops what has no text, and knows a content type
only without parameters.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from rasa.core.channels import slack as rasas
from rasa.core.channels.channel import UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.channels.adapters.slack_events import (
    SlackMessage,
    message_of,
    place_of_interaction,
    read_payload,
)
from zendesk_handoff.logs import error_fields
from zendesk_handoff.rasa.adapter import MessageForAgents

log = structlog.get_logger(__name__)

OnNewMessage = Callable[[UserMessage], Awaitable[Any]]

#: Seconds within which Slack is answered; it waits for three
#: (https://docs.slack.dev/apis/events-api, "Responding to events").
_ANSWER_WITHIN = 2.5
#: Seconds before the attempts at a message that failed after Slack had been answered.
_PAUSES = (2.0, 20.0)
#: Messages of which is remembered that they came, for those that Slack sends again.
_MAX_KEYS = 5_000


class SlackInput(rasas.SlackInput):
    """Rasa's Slack channel, with the same settings and routes."""

    is_in_place_of_rasas = True

    def get_metadata(self, request: Request) -> dict[str, Any]:
        """Return the metadata that Rasa's channel makes of a request.

        Args:
            request: Of Slack's.
        """
        payload = read_payload(request.headers.get("content-type"), request.body)
        sent = message_of(payload)
        if sent is not None:
            return {
                "out_channel": sent.channel,
                "thread_id": sent.thread,
                "users": list(sent.bots),
            }
        user, channel, thread = place_of_interaction(payload)
        users = [user] if user else []
        return {"out_channel": channel or None, "thread_id": thread or None, "users": users}

    def blueprint(self, on_new_message: OnNewMessage) -> Blueprint:
        """Return the routes, as Rasa's channel has them."""
        blueprint = Blueprint("handoff_slack_webhook")
        running: OrderedDict[str, asyncio.Task[bool]] = OrderedDict()
        insisting: dict[str, asyncio.Task[None]] = {}

        async def handle(key: str, message: UserMessage) -> HTTPResponse:
            """Handle a message once, and answer when it is stored, or when Slack would give up."""
            task = running.get(key)
            if task is None or _has_failed(task):
                task = asyncio.create_task(_handle(message, on_new_message))
                running[key] = task
                if len(running) > _MAX_KEYS:
                    running.popitem(last=False)
            await asyncio.wait({task}, timeout=_ANSWER_WITHIN)
            if not task.done() and key not in insisting:
                # A slow bot must not look like a server that fails, which Slack stops calling.
                insist = asyncio.create_task(_insist(task, message, on_new_message))
                insisting[key] = insist
                insist.add_done_callback(lambda _done: insisting.pop(key))
            # Slack sends again what is not answered with success.
            status = HTTPStatus.INTERNAL_SERVER_ERROR if _has_failed(task) else HTTPStatus.OK
            return response.text("", status=status)

        @blueprint.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @blueprint.route("/webhook", methods=["GET", "POST"])
        async def webhook(request: Request) -> HTTPResponse:
            if not self.is_request_from_slack_authentic(request):
                return response.text(
                    "Message is not properly signed with a valid X-Slack-Signature header",
                    status=HTTPStatus.BAD_REQUEST,
                )
            payload = read_payload(request.headers.get("content-type"), request.body)
            if "challenge" in payload:
                return response.json(payload["challenge"])
            metadata = self.get_metadata(request)
            sent = message_of(payload)
            if sent is not None:
                message = self._message(payload, sent, metadata)
                return await handle(sent.key, message) if message else response.text("")
            return await self._interaction(request, payload, metadata, handle)

        return blueprint

    def _message(
        self, payload: Mapping[str, Any], sent: SlackMessage, metadata: dict[str, Any]
    ) -> UserMessage | None:
        """Make the message of an event; ``None`` for one that is not for this app."""
        if not sent.user or not sent.channel or sent.user in sent.bots:
            return None
        if not (
            sent.channel_type == "im"
            or sent.channel == self.slack_channel
            or payload["event"].get("type") == "app_mention"
            or (sent.change is not None and sent.mentions_bot)
        ):
            return None
        text, users = payload["event"].get("text"), metadata.get("users")
        words = self._sanitize_user_message(text, users) if isinstance(text, str) else ""
        is_for_bot = sent.change is None and bool(words)
        kind = UserMessage if is_for_bot else MessageForAgents
        return kind(
            words if is_for_bot else "",
            self._output(metadata),
            self._get_conversation_id(sent.user, sent.channel, sent.thread),
            input_channel=self.name(),
            metadata=metadata,
        )

    async def _interaction(
        self,
        request: Request,
        payload: Mapping[str, Any],
        metadata: dict[str, Any],
        handle: Callable[[str, UserMessage], Awaitable[HTTPResponse]],
    ) -> HTTPResponse:
        action, value = self._chosen(payload)
        user, channel, thread = place_of_interaction(payload)
        if value is None or not user:
            return response.text("")  # a button that opens an address has no value
        message = UserMessage(
            value,
            self._output(metadata),
            self._get_conversation_id(user, channel, thread),
            input_channel=self.name(),
            metadata=metadata,
        )
        pressed_at = action.get("action_ts") or payload.get("trigger_id") or request.id
        return await handle(f"{user}:{pressed_at}", message)

    def _chosen(self, payload: Mapping[str, Any]) -> tuple[Mapping[str, Any], str | None]:
        """Return what a user has pressed or chosen, and the value that Rasa's channel reads in it.

        Slack has more kinds of actions, and fields without a value, which Rasa's channel raises on.
        """
        try:
            action: Mapping[str, Any] = payload["actions"][0]
            is_known = self._is_interactive_message(dict(payload))
            value = self._get_interactive_response(dict(action)) if is_known else None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return {}, None
        return action, value if isinstance(value, str) else None

    def _output(self, metadata: Mapping[str, Any]) -> Any:
        thread = metadata.get("thread_id") if self.use_threads else None
        return self.get_output_channel(metadata.get("out_channel"), thread)


async def _handle(message: UserMessage, on_new_message: OnNewMessage) -> bool:
    """Handle a message; return whether that has succeeded."""
    try:
        await on_new_message(message)
    except Exception as error:
        # Rasa's channel logs the error's text, which may quote the user.
        log.error("handoff.slack.not_handled", **error_fields(error))
        return False
    return True


async def _insist(
    task: asyncio.Task[bool], message: UserMessage, on_new_message: OnNewMessage
) -> None:
    """Handle a message again if it fails after all: Slack was answered, and does not send it again.

    Args:
        task: The attempt that was running when Slack was answered.
        message: The message.
        on_new_message: Rasa's handler.
    """
    is_handled = await task
    for pause in _PAUSES:
        if is_handled:
            return
        await asyncio.sleep(pause)
        is_handled = await _handle(message, on_new_message)


def _has_failed(task: asyncio.Task[bool]) -> bool:
    return task.done() and (task.cancelled() or not task.result())
