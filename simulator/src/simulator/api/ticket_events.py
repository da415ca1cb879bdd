"""Webhooks and ticket triggers of the Support API, by which a bridge hears of tickets.

developer.zendesk.com, pages "Webhooks" (List, Create, Patch Webhook, Show Webhook Signing Secret)
and "Ticket Triggers" (List, Create, Update Trigger). Admins alone may use them, but for the list of
triggers, which any agent may read.
"""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from .. import triggers
from ..ids import new_ulid
from ..records import App, Json, TicketWebhook, Trigger
from .call import STATE
from .support import BASE, SupportError, by_cursor, endpoint

_WEBHOOK = {
    "http_method": ("GET", "POST", "PUT", "PATCH", "DELETE"),
    "request_format": ("json", "xml", "form_encoded"),
    "status": ("active", "inactive"),
}


class WebhookError(SupportError):
    """A refusal in the form of the Webhooks API: `{"errors": [{"code": "…", "title": "…"}]}`."""

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return {"errors": [{"code": self.code, "title": self.title}]}


class InvalidTrigger(SupportError):
    """A trigger that Zendesk does not take; the details name the part."""

    def __init__(self, part: str, why: str) -> None:
        """Keep the part and the reason."""
        super().__init__(422, "RecordInvalid", "Record validation errors")
        self._details = {part: [{"description": why}]}

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        return {**super().body(), "details": self._details}


@endpoint
async def list_webhooks(request: web.Request, app: App) -> Json:
    """List the webhooks, by cursor."""
    _admins_only(app)
    shown, meta = by_cursor(request, list(app.ticket_webhooks.values()))
    return {"webhooks": [_webhook_json(one) for one in shown], "meta": meta}


@endpoint
async def create_webhook(request: web.Request, app: App) -> web.Response:
    """Create a webhook; its signing secret is generated."""
    _admins_only(app)
    values = await _values(request, "webhook")
    missing = [name for name in ("name", "endpoint", *_WEBHOOK) if not values.get(name)]
    if missing:
        raise WebhookError(400, "InvalidWebhook", f"{missing[0]} is required")
    webhook = TicketWebhook(new_ulid(), "", "", secrets.token_urlsafe(48))
    _change_webhook(webhook, values)
    app.ticket_webhooks[webhook.id] = webhook
    request.app[STATE].record_change("app", app)
    return web.json_response({"webhook": _webhook_json(webhook)}, status=201)


@endpoint
async def patch_webhook(request: web.Request, app: App) -> web.Response:
    """Change what is given of a webhook."""
    _admins_only(app)
    _change_webhook(_webhook(request, app), await _values(request, "webhook"))
    request.app[STATE].record_change("app", app)
    return web.Response(status=204)


@endpoint
async def signing_secret(request: web.Request, app: App) -> Json:
    """Show the signing secret of a webhook."""
    _admins_only(app)
    return {"signing_secret": {"algorithm": "SHA256", "secret": _webhook(request, app).secret}}


@endpoint
async def list_triggers(request: web.Request, app: App) -> Json:
    """List the ticket triggers, by cursor."""
    shown, meta = by_cursor(request, list(app.triggers.values()))
    return {"triggers": [_trigger_json(one) for one in shown], "meta": meta}


@endpoint
async def create_trigger(request: web.Request, app: App) -> web.Response:
    """Create a trigger, in the last place."""
    _admins_only(app)
    values = await _values(request, "trigger")
    trigger = Trigger(0, "", [], [])
    _change_trigger(app, trigger, values)
    fields = {name: value for name, value in vars(trigger).items() if name != "id"}
    made = triggers.add_trigger(app, **fields)
    request.app[STATE].record_change("app", app)
    return web.json_response({"trigger": _trigger_json(made)}, status=201)


@endpoint
async def update_trigger(request: web.Request, app: App) -> Json:
    """Change what is given of a trigger; lists of conditions and actions are replaced."""
    _admins_only(app)
    number = request.match_info["trigger"]
    trigger = app.triggers.get(int(number)) if number.isdecimal() else None
    if trigger is None:
        raise SupportError(404, "RecordNotFound", "Not found")
    _change_trigger(app, trigger, {**_trigger_json(trigger), **await _values(request, "trigger")})
    request.app[STATE].record_change("app", app)
    return {"trigger": _trigger_json(trigger)}


def _admins_only(app: App) -> None:
    if app.support_role != "admin":
        raise SupportError(403, "Forbidden", "You do not have access to this page.")


async def _values(request: web.Request, name: str) -> Json:
    try:
        found = (await request.json()).get(name)
    except (ValueError, AttributeError):
        found = None
    if not isinstance(found, dict):
        raise SupportError(400, "BadRequest", f"A body with `{name}` is needed")
    return found


def _webhook(request: web.Request, app: App) -> TicketWebhook:
    webhook = app.ticket_webhooks.get(request.match_info["webhook"])
    if webhook is None:
        raise WebhookError(404, "WebhookNotFound", "Webhook not found")
    return webhook


def _change_webhook(webhook: TicketWebhook, values: Json) -> None:
    for name, known in _WEBHOOK.items():
        if values.get(name, known[0]) not in known:
            raise WebhookError(400, "InvalidWebhook", f"{name} is invalid")
    if urlsplit(values.get("endpoint", "https://x")).scheme not in ("http", "https"):
        raise WebhookError(400, "InvalidWebhook", "endpoint is not a valid URL")
    for name in ("name", "endpoint", *_WEBHOOK, "subscriptions"):
        if name in values:
            setattr(webhook, name, values[name])


def _change_trigger(app: App, trigger: Trigger, values: Json) -> None:
    conditions = values.get("conditions")
    conditions = conditions if isinstance(conditions, dict) else {}
    actions = values.get("actions")
    if not values.get("title"):
        raise InvalidTrigger("title", "Title: cannot be blank")
    every = conditions.get("all") or []
    if not every or conditions.get("any") or not all(map(triggers.is_known, every)):
        raise InvalidTrigger("conditions", "Conditions: not imitated, or none")
    if not isinstance(actions, list) or not actions:
        raise InvalidTrigger("actions", "Actions: cannot be blank")
    for action in actions:
        _check_action(app, action)
    trigger.title, trigger.conditions, trigger.actions = values["title"], every, actions
    trigger.active = bool(values.get("active", True))
    trigger.description = values.get("description")


def _check_action(app: App, action: Json) -> None:
    value = action.get("value")
    if action.get("field") != triggers.NOTIFY or not isinstance(value, list) or len(value) != 2:
        raise InvalidTrigger("actions", "Actions: not imitated")
    webhook = app.ticket_webhooks.get(value[0])
    if webhook is None or webhook.subscriptions != ["conditional_ticket_events"]:
        raise InvalidTrigger("actions", "Notify by webhook: the webhook cannot be used by triggers")
    try:
        json.loads(value[1])
    except ValueError:
        raise InvalidTrigger("actions", "Notify by webhook: the body is no JSON") from None


def _webhook_json(webhook: TicketWebhook) -> Json:
    return {name: value for name, value in vars(webhook).items() if name != "secret"}


def _trigger_json(trigger: Trigger) -> Json:
    return {
        **vars(trigger),
        "raw_title": trigger.title,
        "default": False,
        "conditions": {"all": trigger.conditions, "any": []},
    }


def routes() -> list[web.RouteDef]:
    """Return the routes."""
    return [
        web.get(BASE + "/webhooks", list_webhooks),
        web.post(BASE + "/webhooks", create_webhook),
        web.patch(BASE + "/webhooks/{webhook}", patch_webhook),
        web.get(BASE + "/webhooks/{webhook}/signing_secret", signing_secret),
        web.get(BASE + "/triggers", list_triggers),
        web.post(BASE + "/triggers", create_trigger),
        web.put(BASE + "/triggers/{trigger}", update_trigger),
    ]
