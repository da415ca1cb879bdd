"""Ticket triggers that notify a webhook: a body with placeholders, signed.

developer.zendesk.com, Webhooks: the signature is base64 of an HMAC-SHA256, with the webhook's
signing secret, over the timestamp's header and the body; 409, 429 and 503 are repeated.
support.zendesk.com, article 4408886858138: the placeholders. Conditions and actions are written as
in developer.zendesk.com's "Conditions reference" (`value` is "changed to") and "Actions reference".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Any

from .dispatcher import Delivery
from .ids import new_id
from .records import App, Conversation, Json, Ticket, TicketWebhook, Trigger, Webhook
from .state import State

STATUSES = ("solved", "closed")
#: The field of an action that notifies a webhook.
NOTIFY = "notification_webhook"
_CHANGED_TO = ("status", "value")
_HAS_TAG = ("current_tags", "includes")
_RETRIED = frozenset({None, 409, 429, 503})
_PLACEHOLDER = re.compile(r"{{\s*ticket\.(\w+)\s*}}")
_FIELD = "ticket_field_"


def default_body(status: str) -> str:
    """Return a body for triggers whose description has none."""
    return (
        f'{{"event": "{status}", "tags": "{{{{ticket.tags}}}}", "ticket": "{{{{ticket.id}}}}",'
        ' "updated_at": "{{ticket.updated_at_with_timestamp}}"}'
    )


def add(app: App, webhook: TicketWebhook, *, status: str, body: str) -> Trigger:
    """Add a webhook, and a trigger that notifies it when tickets get a status."""
    app.ticket_webhooks[webhook.id] = webhook
    return add_trigger(
        app,
        title=webhook.name,
        conditions=[{"field": "status", "operator": "value", "value": status}],
        actions=[{"field": NOTIFY, "value": [webhook.id, body]}],
    )


def add_trigger(app: App, **values: Any) -> Trigger:
    """Add a trigger, in the last place."""
    trigger = Trigger(max(app.triggers, default=360000000000) + 1, **values)
    app.triggers[trigger.id] = trigger
    return trigger


def fire(state: State, app: App, conversation: Conversation, ticket: Ticket) -> None:
    """Notify the webhooks of the triggers whose conditions the ticket's new status satisfies."""
    now = state.clock.stamp()
    deliveries = []
    for trigger in app.triggers.values():
        if not trigger.active or not all(_holds(one, ticket) for one in trigger.conditions):
            continue
        for action in trigger.actions:
            webhook_id, body = action["value"]
            webhook = app.ticket_webhooks.get(webhook_id)
            if webhook is not None and webhook.status == "active":
                body = render(body, ticket, now=now)
                deliveries.append(_delivery(app, conversation, webhook, ticket, body, now=now))
    state.dispatch(deliveries)


def is_known(condition: Json) -> bool:
    """Tell whether a condition is imitated: a status that is changed to, a tag that is there."""
    kind = condition.get("field"), condition.get("operator")
    value = condition.get("value")
    return (kind == _CHANGED_TO and value in STATUSES) or (
        kind == _HAS_TAG and isinstance(value, str)
    )


def _holds(condition: Json, ticket: Ticket) -> bool:
    if (condition["field"], condition["operator"]) == _CHANGED_TO:
        return bool(condition["value"] == ticket.status)  # it has just changed
    tags = [str(tag).lower() for tag in ticket.fields.get("tags", [])]
    return any(tag in tags for tag in condition["value"].lower().split())


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
    app: App,
    conversation: Conversation,
    webhook: TicketWebhook,
    ticket: Ticket,
    body: str,
    *,
    now: str,
) -> Delivery:
    target = Webhook(webhook.id, webhook.endpoint, [], webhook.secret)
    event = {
        "id": new_id(),
        "type": f"ticket:{ticket.status}",
        "createdAt": now,
        "payload": body,
    }
    return TriggerDelivery(app, target, [event], conversation.id)
