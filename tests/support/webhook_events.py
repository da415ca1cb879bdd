"""Webhook events in the shapes of Zendesk's event schemas (its OpenAPI file, 17.12.1)."""

from __future__ import annotations

import json
from typing import Any

CONVERSATION_ID = "64b0c0ffee0000000000f001"


def envelope(*events: Any) -> bytes:
    """Make the body of a webhook call."""
    return json.dumps({"app": {"id": "a"}, "webhook": {"id": "w"}, "events": events}).encode()


def event(kind: str, **payload: Any) -> dict[str, Any]:
    """Make an event of a conversation.

    Args:
        kind: The event's type.
        **payload: The payload; ``conversation`` is added to the conversation's own fields.
    """
    conversation = {"id": CONVERSATION_ID, "type": "personal"} | payload.pop("conversation", {})
    created_at = "2026-01-05T10:00:00.000Z"
    payload = {"conversation": conversation, **payload}
    return {"id": "e1", "type": kind, "createdAt": created_at, "payload": payload}


def message(author: str = "business", **values: Any) -> dict[str, Any]:
    """Make an agent's message, unless other values are given."""
    return {
        "id": "m1",
        "received": "2026-01-05T10:00:00.000Z",
        "author": {"type": author, "displayName": "Ana"},
        "content": {"type": "text", "text": "hello"},
        "metadata": {"__zendesk_msg.agent.id": "9"},
        **values,
    }
