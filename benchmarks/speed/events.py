"""Calls of Zendesk's webhook, in the format of its events."""

from __future__ import annotations

import itertools
import secrets
import time
from typing import Any

from zendesk_handoff.domain.session import Session

from .stage import APP, CONNECTOR, SECRET
from .wire import post_request

_PROCESS = secrets.token_hex(5)
_counter = itertools.count(1)

PATH = f"/webhooks/zendesk/{CONNECTOR}/webhook"


def object_id() -> str:
    """Make an id like the API's: time, a random part of the process, a counter."""
    return f"{int(time.time()):08x}{_PROCESS}{next(_counter):06x}"


def agent_message(session: Session, text: str) -> dict[str, Any]:
    """Make an agent's message in the API's format.

    Args:
        session: The session of its conversation.
        text: Its text.
    """
    return {
        "id": object_id(),
        "received": "2030-01-01T00:00:00.000Z",
        "author": {
            "type": "business",
            "displayName": "Ana",
            "avatarUrl": "https://bench.zendesk.com/ana.png",
        },
        "content": {"type": "text", "text": text},
        "source": {"type": "zd:agentWorkspace"},
        "metadata": {"__zendesk_msg.agent.id": "agent"},
    }


def call(session: Session, message: dict[str, Any], *, path: str = PATH) -> bytes:
    """Make a webhook call with one message event.

    Args:
        session: The session of the conversation.
        message: See ``agent_message``.
        path: The path of the webhook.
    """
    conversation = {
        "id": session.conversation_id,
        "type": "personal",
        "brandId": "360000000001",
        "activeSwitchboardIntegration": {
            "id": "agents",
            "name": "zd-agentWorkspace",
            "integrationId": "64b0c0ffee0000000000c001",
            "integrationType": "zd:agentWorkspace",
        },
        "metadata": {"rasa_handoff_session": session.id},
    }
    event = {
        "id": object_id(),
        "type": "conversation:message",
        "createdAt": "2030-01-01T00:00:00.000Z",
        "payload": {"conversation": conversation, "message": message},
    }
    hook = {"id": "64b0c0ffee0000000000d001", "version": "v2"}
    return post_request(path, {"app": {"id": APP}, "webhook": hook, "events": [event]},
                        X_API_Key=SECRET)  # fmt: skip
