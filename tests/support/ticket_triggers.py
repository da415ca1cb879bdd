"""A trigger that tells the plugin of a ticket, and calls that a test makes itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timezone
from typing import Any

#: The body of docs/ends.md, for a reference that is a tag; a field's is beside it.
BODY = """{
  "event": "solved",
  "reference": "{{ticket.ticket_field_360001234567}}",
  "tags": "{{ticket.tags}}",
  "updated_at": "{{ticket.updated_at_with_timestamp}}"
}"""
SESSION_FIELD = "360001234567"


def signing_secret(connector_id: str) -> str:
    """Return the signing secret of a connector of the tests."""
    return f"signing-secret-of-{connector_id}-for-the-tests"


def ticket_trigger(rasa_url: str, connector_id: str, *, status: str = "solved") -> dict[str, str]:
    """Describe a trigger for the simulator."""
    return {
        "status": status,
        "target": f"{rasa_url}/api/v1/connectors/{connector_id}/ticket-events",
        "secret": signing_secret(connector_id),
        "body": BODY.replace('"solved"', f'"{status}"'),
    }


def solved(reference: str = "", **values: Any) -> bytes:
    """Write the body of a call.

    Args:
        reference: A session's.
        **values: Other keys.
    """
    return json.dumps({"event": "solved", "reference": reference, **values}).encode()


def signed(body: bytes, secret: str, *, at: float) -> dict[str, str]:
    """Return the headers of a call.

    Args:
        body: The call's.
        secret: The webhook's signing secret.
        at: When it is signed, in seconds since the epoch.
    """
    timestamp = datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
    }
