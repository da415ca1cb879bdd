"""Translation of users' messages into outbox messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.channels.channel import UserMessage

from zendesk_handoff.domain.choices import chosen
from zendesk_handoff.domain.payloads import without_mark
from zendesk_handoff.domain.text import MAX_TEXT, split_text
from zendesk_handoff.domain.user_content import UserContent, UserFile
from zendesk_handoff.handover.agent_notes import correction_room


def metadata_of(message: UserMessage) -> Mapping[str, Any]:
    """Return a message's metadata; where a client has written anything else there, none.

    Args:
        message: Of any channel.
    """
    return message.metadata if isinstance(message.metadata, dict) else {}


def attachments_of(message: UserMessage) -> list[Mapping[str, Any]]:
    """List the files in a message's metadata.

    Args:
        message: Of any channel.
    """
    found = metadata_of(message).get("attachments")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


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


def message_bodies(
    message: UserMessage,
    content: UserContent,
    choices: Sequence[Mapping[str, str]] = (),
    *,
    channel: str,
    are_seen: bool = True,
) -> list[dict[str, Any]]:
    """Build the outbox messages of a user message.

    Args:
        message: Files may stand under ``attachments`` in its metadata: ``{"upload_id": …}`` of the
            chat page, or ``{"media_url": …, "media_type": …}`` of a custom channel.
        content: The message as the channel's adapter reads it.
        choices: What an agent offers to choose from, each with ``title`` and ``payload``.
        channel: The channel by which the message has come in.
        are_seen: Whether the user has seen them, so that a number can mean one of them.
    """
    metadata = metadata_of(message)
    if content.change == "deletion":
        return [{"type": "deletion"}]
    text = content.title or content.text
    if text.startswith("/") and isinstance(metadata.get("title"), str):
        text = metadata["title"]  # a button: the user saw its title, not its payload
    text = without_mark(text)
    bodies: list[dict[str, Any]] = []
    choice = chosen(text, choices, by_number=are_seen)
    if choice is not None:
        bodies.append({"type": "text", "text": choice["title"], "payload": choice["payload"]})
    elif text.strip():
        is_edit = content.change == "edit"
        limit = MAX_TEXT - correction_room() if is_edit else MAX_TEXT
        bodies += [{"type": "text", "text": part} for part in split_text(text, limit)]
        if content.text.startswith("/") and text != content.text:
            # For the bot, should no agent get it; for people, the title.
            bodies[0]["payload_of_bot"] = content.text
    if bodies and content.change == "edit":
        bodies[0]["is_correction"] = True
    bodies += [_file(each, channel) for each in content.files]
    for place in content.places:
        bodies.append(
            {
                "type": "place",
                "latitude": place.latitude,
                "longitude": place.longitude,
                "name": place.name,
                "address": place.address,
            }
        )
    for contact in content.contacts:
        bodies += [{"type": "text", "text": part} for part in split_text(contact)]
    for each in attachments_of(message):
        if isinstance(each.get("upload_id"), str):
            name = str(each.get("name") or "")
            bodies.append({"type": "upload", "upload_id": each["upload_id"], "name": name})
        elif isinstance(each.get("media_url"), str):
            kind = str(each.get("media_type") or "")
            bodies.append({"type": "media", "media_url": each["media_url"], "media_type": kind})
    return bodies


def _file(file: UserFile, channel: str) -> dict[str, Any]:
    if file.reference:
        return {
            "type": "platform_file",
            "channel": channel,
            "reference": file.reference,
            "media_type": file.media_type,
            "name": file.name,
        }
    return {"type": "media", "media_url": file.url, "media_type": file.media_type}
