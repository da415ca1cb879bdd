"""Ticket triggers that notify a webhook: a body with placeholders, signed.

developer.zendesk.com, Webhooks: the signature is base64 of an HMAC-SHA256, with the webhook's
signing secret, over the timestamp's header and the body; 409, 429 and 503 are repeated.
support.zendesk.com, article 4408886858138: the placeholders.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from .dispatcher import Delivery
from .ids import new_id
from .records import App, Conversation, Ticket, Trigger, Webhook
from .state import State

STATUSES = ("solved", "closed")
_RETRIED = frozenset({None, 409, 429, 503})
_PLACEHOLDER = re.compile(r"{{\s*ticket\.(\w+)\s*}}")
_FIELD = "ticket_field_"


def default_body(status: str) -> str:
    """Return a body for triggers whose description has none."""
    return (
        f'{{"event": "{status}", "tags": "{{{{ticket.tags}}}}", "ticket": "{{{{ticket.id}}}}",'
        ' "updated_at": "{{ticket.updated_at_with_timestamp}}"}'
    )


def fire(state: State, app: App, conversation: Conversation, ticket: Ticket) -> None:
    """Notify the webhooks of the triggers whose condition is the ticket's new status."""
    now = state.clock.stamp()
    state.dispatch(
        [
            _delivery(app, conversation, trigger, render(trigger.body, ticket, now=now), now=now)
            for trigger in app.triggers
            if trigger.status == ticket.status
        ]
    )


def render(body: str, ticket: Ticket, *, now: str) -> str:
    """Fill the placeholders of a body; an unknown one is empty.

    Args:
        body: The trigger's.
        ticket: The ticket.
        now: When it was changed; the placeholder has no seconds, as in the article's example.
    """
    values = {
        "id": str(ticket.id),
        "status": ticket.status.capitalize(),
        "title": ticket.subject,
        "tags": " ".join(ticket.fields.get("tags", [])),
        "updated_at_with_timestamp": f"{now[:16]}Z",
    }
    custom = ticket.fields.get("custom", {})
    values |= {f"{_FIELD}{field_id}": str(value) for field_id, value in custom.items()}
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), body)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a call."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class TriggerDelivery(Delivery):
    """A call of the webhook that a trigger notifies."""

    def request(self, now: str) -> tuple[bytes, dict[str, str]]:
        """Return body and headers of a call that is made now; each attempt is signed by itself."""
        body, timestamp = self.events[0]["payload"].encode(), f"{now[:19]}Z"
        return body, {
            "Content-Type": "application/json",
            "X-Zendesk-Webhook-Id": self.webhook.id,
            "X-Zendesk-Webhook-Signature": sign(self.webhook.secret, timestamp, body),
            "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        }

    def is_retried(self, status: int | None) -> bool:
        """Return whether a call is repeated."""
        return status in _RETRIED


def _delivery(
    app: App, conversation: Conversation, trigger: Trigger, body: str, *, now: str
) -> Delivery:
    webhook = Webhook(trigger.id, trigger.target, [], trigger.secret)
    event = {
        "id": new_id(),
        "type": f"ticket:{trigger.status}",
        "createdAt": now,
        "payload": body,
    }
    return TriggerDelivery(app, webhook, [event], conversation.id)
