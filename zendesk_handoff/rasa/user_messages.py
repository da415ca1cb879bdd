"""Translation of Rasa's user messages into outbox messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.text import split_text


def pop_message_key(message: UserMessage) -> tuple[str | None, bool]:
    """Remove the idempotency key from a message's metadata, where its channel may redeliver it.

    ``handoff_key`` in the metadata identifies the message; ``handoff_again`` marks a message that
    may have been handled before.

    Args:
        message: Any channel's; its metadata is replaced.

    Returns:
        The key, unique among all senders, or ``None``; and whether the message is redelivered.
    """
    metadata = message.metadata
    if not isinstance(metadata, dict) or "handoff_key" not in metadata:
        return None, False
    message.metadata = {
        name: value
        for name, value in metadata.items()
        if name not in {"handoff_key", "handoff_again"}
    }
    # Keys of two senders may be equal by chance or on purpose.
    key = f"{message.sender_id}\n{metadata['handoff_key']}"
    return key, bool(metadata.get("handoff_again"))


def message_bodies(message: UserMessage) -> list[dict[str, Any]]:
    """Build the outbox messages of a user message.

    Args:
        message: Text, and files under ``attachments`` in its metadata: ``{"upload_id": …}`` of
            the chat page, or ``{"media_url": …, "media_type": …}`` of any other channel.
    """
    metadata: Mapping[str, Any] = message.metadata if isinstance(message.metadata, dict) else {}
    text = message.text or ""
    if text.startswith("/") and isinstance(metadata.get("title"), str):
        text = metadata["title"]  # a button: the user saw its title, not its payload
    bodies: list[dict[str, Any]] = []
    if text.strip():
        bodies += [{"type": "text", "text": part} for part in split_text(text)]
    attachments = metadata.get("attachments")
    for each in attachments if isinstance(attachments, list) else ():
        if isinstance(each, dict) and isinstance(each.get("upload_id"), str):
            name = str(each.get("name") or "")
            bodies.append({"type": "upload", "upload_id": each["upload_id"], "name": name})
        elif isinstance(each, dict) and isinstance(each.get("media_url"), str):
            kind = str(each.get("media_type") or "")
            bodies.append({"type": "media", "media_url": each["media_url"], "media_type": kind})
    return bodies
