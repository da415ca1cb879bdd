"""Delivery of one message through a user's output channel."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote

from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.settings import Connector
from zendesk_handoff.store.inbox import Incoming
from zendesk_handoff.zendesk.media import is_zendesk_media


@runtime_checkable
class AgentAwareOutput(Protocol):
    """An output channel that shows an agent's name itself."""

    async def send_agent_message(self, recipient_id: str, message: AgentMessage) -> None:
        """Send an agent's message."""


@runtime_checkable
class IdempotentOutput(Protocol):
    """An output channel that sends a message with a known key only once."""

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Send a response unless one with this key was sent before."""


@runtime_checkable
class MarkupOutput(Protocol):
    """An output channel that renders texts as markup."""

    def escape_markup(self, text: str) -> str:
        """Write a text so that it is shown literally."""


def with_literal_values(
    output: OutputChannel, message: dict[str, Any], values: Iterable[str]
) -> dict[str, Any]:
    """Copy a response for a channel; the values in its text are shown literally there.

    Args:
        output: The user's channel.
        message: The response, as ``send_response`` takes it.
        values: From outside, for example an agent's name.
    """
    copied = copy.deepcopy(message)
    if isinstance(output, MarkupOutput) and isinstance(copied.get("text"), str):
        for value in filter(None, values):
            copied["text"] = copied["text"].replace(value, output.escape_markup(value))
    return copied


async def send_once(
    output: OutputChannel, recipient_id: str, message: dict[str, Any], *, key: str | None
) -> None:
    """Send a response, once where the channel is idempotent; a crash may repeat the step.

    Args:
        output: The user's channel.
        recipient_id: The user.
        message: The response, as ``send_response`` takes it.
        key: Identifies the message.
    """
    if key is not None and isinstance(output, IdempotentOutput):
        await output.send_once(recipient_id, message, key=key)
    else:
        await output.send_response(recipient_id, message)


def message_for_user(event: Incoming, connector: Connector | None) -> AgentMessage:
    """Read a stored message; the address of a file hosted by Zendesk becomes a path of ours.

    Args:
        event: An event of the kind ``message``.
        connector: The session's connector; ``None`` where it is no longer in the settings.
    """
    message = AgentMessage(**event.body)
    if connector is None:
        return message
    if event.media_token and message.media_url and is_zendesk_media(message.media_url, connector):
        name = quote(message.media_name or "file")
        return replace(message, media_url=f"{AGENT_MEDIA_PATH}/{event.media_token}/{name}")
    return message


async def deliver(
    message: AgentMessage, sender_id: str, output: OutputChannel, *, public_url: str
) -> None:
    """Send an agent's message to the user.

    Args:
        message: Its file's address may be a path of ours.
        sender_id: The user.
        output: The user's output channel.
        public_url: Put before a path of ours, for channels that live elsewhere.
    """
    if isinstance(output, AgentAwareOutput):
        await output.send_agent_message(sender_id, message)
        return
    response: dict[str, Any] = {}
    text = message.text
    url = message.media_url
    if url is not None:
        url = f"{public_url}{url}" if url.startswith("/") else url
        text = text or message.media_name or ""
        response["image" if message.kind == "image" else "attachment"] = url
    response["text"] = f"{message.author}: {text}" if message.author else text
    await send_once(output, sender_id, response, key=f"zendesk:{message.id}")
