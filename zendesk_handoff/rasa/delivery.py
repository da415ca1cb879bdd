"""From the agents to the user, through the user's own channel and under the agent's name."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable
from urllib.parse import quote, urlsplit

from rasa.core.channels.channel import OutputChannel

from zendesk_handoff.domain.media import AGENT_MEDIA_PATH
from zendesk_handoff.domain.messages import AgentMessage
from zendesk_handoff.settings import Connector
from zendesk_handoff.store.inbox import Incoming

#: Hosts besides the connector's own whose files need our help to be read (facts sheet, section 8).
_ZENDESK_HOSTS = ("zendesk.com", "zdusercontent.com", "smooch.io")


@runtime_checkable
class AgentAwareOutput(Protocol):
    """An output channel that can show who an agent is by itself."""

    async def send_agent_message(self, recipient_id: str, message: AgentMessage) -> None:
        """Show an agent's message."""


@runtime_checkable
class OnceOutput(Protocol):
    """An output channel that remembers what it has been given, by name."""

    async def send_once(self, recipient_id: str, message: dict[str, Any], *, key: str) -> None:
        """Send a response unless one of this name was sent before."""


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
        message: As ``send_response`` takes it.
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
    """Send a response, once where the channel can tell; a step may be repeated after a crash.

    Args:
        output: The user's channel.
        recipient_id: The user.
        message: As ``send_response`` takes it.
        key: Names the message.
    """
    if key is not None and isinstance(output, OnceOutput):
        await output.send_once(recipient_id, message, key=key)
    else:
        await output.send_response(recipient_id, message)


def message_for_user(event: Incoming, connector: Connector | None) -> AgentMessage:
    """Read a stored message, with a file's address replaced by ours where Zendesk guards it.

    Args:
        event: Of kind ``message``.
        connector: The session's; ``None`` where the settings have it no more.
    """
    message = AgentMessage(**event.body)
    if connector is None:
        return message
    if event.media_token and message.media_url and is_zendesk_media(message.media_url, connector):
        name = quote(message.media_name or "file")
        return replace(message, media_url=f"{AGENT_MEDIA_PATH}/{event.media_token}/{name}")
    return message


def is_zendesk_media(url: str, connector: Connector) -> bool:
    """Tell whether a file lies with Zendesk, so that it is fetched for the user.

    Anything else is passed on as the link it is: this server fetches from nowhere else.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # no address at all, such as one with half a bracket
        return False
    if parts.scheme not in {"http", "https"}:
        return False
    if parts.netloc == urlsplit(connector.base_url).netloc:
        return True
    name = parts.hostname or ""
    return any(name == known or name.endswith(f".{known}") for known in _ZENDESK_HOSTS)


async def deliver(
    message: AgentMessage, sender_id: str, output: OutputChannel, *, public_url: str
) -> None:
    """Send a message to the user.

    Args:
        message: Its file's address may be a path of ours.
        sender_id: The user.
        output: Their channel.
        public_url: What a path of ours is below, for channels that live elsewhere.
    """
    if isinstance(output, AgentAwareOutput):
        await output.send_agent_message(sender_id, message)
        return
    response: dict[str, Any] = {}
    words = message.text
    url = message.media_url
    if url is not None:
        url = f"{public_url}{url}" if url.startswith("/") else url
        words = words or message.media_name or ""
        response["image" if message.kind == "image" else "attachment"] = url
    response["text"] = f"{message.author}: {words}" if message.author else words
    await send_once(output, sender_id, response, key=f"zendesk:{message.id}")
