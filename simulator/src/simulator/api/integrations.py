"""Integrations, their keys and their webhooks.

Conversations API: Integrations, Custom Integration API Keys, Webhooks.
"""

from __future__ import annotations

import secrets

from aiohttp import web

from .. import serializers, validation
from ..errors import bad_request, forbidden, not_found
from ..ids import new_id
from ..records import Integration, Json, Key, Webhook
from .call import Call, endpoint
from .paging import cut, deep_object

_MAX_WEBHOOKS = 10
_MAX_KEYS = 10


def _integration(call: Call) -> Integration:
    """Return the integration of the path; `me` is the caller's own."""
    wanted = call.request.match_info["integration"]
    own = call.caller.integration_id
    if wanted == "me" and own is not None:
        wanted = own
    if own is not None and wanted != own:
        raise forbidden()
    integration = call.app.integrations.get(wanted)
    if integration is None:
        raise not_found("Integration")
    return integration


def _webhook(call: Call) -> tuple[Integration, Webhook]:
    integration = _integration(call)
    webhook = integration.webhooks.get(call.request.match_info["webhook"])
    if webhook is None:
        raise not_found()
    return integration, webhook


def _new_webhook(call: Call, body: Json) -> Webhook:
    validation.required(body, "target")
    if call.app.webhook_count() >= _MAX_WEBHOOKS:
        raise bad_request(f"App has reached the max number of webhooks ({_MAX_WEBHOOKS})")
    return Webhook(
        id=new_id(),
        target=validation.uri(body, "target") or "",
        triggers=validation.triggers(body),
        secret=secrets.token_urlsafe(48),
        include_full_user=bool(validation.boolean(body, "includeFullUser")),
        include_full_source=bool(validation.boolean(body, "includeFullSource")),
    )


@endpoint(status=201, app_only=True)
async def create(call: Call) -> Json:
    """Operation `CreateIntegration`, for type `custom` with exactly one webhook."""
    body = await call.body()
    if validation.required(body, "type") != "custom":
        raise bad_request("Invalid integration type")
    (webhook,) = validation.array(body, "webhooks", at_least=1, at_most=1)
    first = _new_webhook(call, webhook)
    integration = Integration(
        id=new_id(),
        type="custom",
        display_name=validation.string(body, "displayName", limit=100, at_least=0) or "",
        webhooks={first.id: first},
    )
    call.app.integrations[integration.id] = integration
    return {"integration": serializers.integration_json(integration)}


@endpoint(app_only=True)
async def list_page(call: Call) -> Json:
    """Operation `ListIntegrations`, with `filter[types]=custom,…`."""
    types = deep_object(call, "filter").get("types")
    found = [
        one
        for one in call.app.integrations.values()
        if types is None or one.type in types.split(",")
    ]
    page, rest = cut(call, sorted(found, key=lambda one: one.id))
    return {"integrations": [_integration_json(call, one) for one in page], **rest}


@endpoint(app_only=True)
async def get(call: Call) -> Json:
    """Operation `GetIntegration`."""
    return {"integration": _integration_json(call, _integration(call))}


@endpoint(app_only=True)
async def update(call: Call) -> Json:
    """Operation `UpdateIntegration`: the display name, which `null` removes."""
    integration, body = _integration(call), await call.body()
    if "displayName" in body:
        integration.display_name = validation.string(body, "displayName", limit=100)
    return {"integration": _integration_json(call, integration)}


@endpoint(app_only=True)
async def delete(call: Call) -> Json:
    """Operation `DeleteIntegration`; refused while it is linked to the switchboard."""
    integration = _integration(call)
    if call.app.switchboard and call.app.switchboard.of_integration(integration.id):
        raise bad_request("Integration is linked to a switchboardIntegration")
    del call.app.integrations[integration.id]
    for key in [one for one in call.app.keys.values() if one.integration_id == integration.id]:
        del call.app.keys[key.id]
    return {}


@endpoint(status=201, app_only=True)
async def create_key(call: Call) -> Json:
    """Operation `CreateCustomIntegrationKey`."""
    integration, body = _integration(call), await call.body()
    validation.required(body, "displayName")
    name = validation.string(body, "displayName", limit=100) or ""
    if integration.type != "custom":
        raise bad_request("API keys are available only for custom integrations")
    if len(_keys(call, integration)) >= _MAX_KEYS:
        raise bad_request(f"Integration has reached the max number of keys ({_MAX_KEYS})")
    key = Key(f"int_{new_id()}", secrets.token_urlsafe(48), name, integration.id)
    call.app.keys[key.id] = key
    return {"key": serializers.key_json(key)}


@endpoint(app_only=True)
async def list_keys(call: Call) -> Json:
    """Operation `ListCustomIntegrationKeys`."""
    integration = _integration(call)
    if integration.type != "custom":
        raise bad_request("API keys are available only for custom integrations")
    return {"keys": [_key_json(call, one) for one in _keys(call, integration)]}


@endpoint(app_only=True)
async def get_key(call: Call) -> Json:
    """Operation `GetCustomIntegrationKey`."""
    return {"key": _key_json(call, _key(call))}


@endpoint(app_only=True)
async def delete_key(call: Call) -> Json:
    """Operation `DeleteCustomIntegrationKey`."""
    del call.app.keys[_key(call).id]
    return {}


def _keys(call: Call, integration: Integration) -> list[Key]:
    return [one for one in call.app.keys.values() if one.integration_id == integration.id]


def _key(call: Call) -> Key:
    key = call.app.keys.get(call.request.match_info["key"])
    if key is None or key.integration_id != _integration(call).id:
        raise not_found()
    return key


@endpoint(status=201)
async def create_webhook(call: Call) -> Json:
    """Operation `CreateWebhook`."""
    integration, body = _integration(call), await call.body()
    webhook = _new_webhook(call, body)
    integration.webhooks[webhook.id] = webhook
    return {"webhook": serializers.webhook_json(webhook)}


@endpoint()
async def list_webhooks(call: Call) -> Json:
    """Operation `ListWebhooks`; not paginated."""
    webhooks = _integration(call).webhooks.values()
    return {"webhooks": [_webhook_json(call, one) for one in webhooks]}


@endpoint()
async def get_webhook(call: Call) -> Json:
    """Operation `GetWebhook`."""
    return {"webhook": _webhook_json(call, _webhook(call)[1])}


@endpoint()
async def update_webhook(call: Call) -> Json:
    """Operation `UpdateWebhook`; the secret is not settable."""
    (_, webhook), body = _webhook(call), await call.body()
    if "triggers" in body:
        webhook.triggers = validation.triggers(body)
    webhook.target = validation.uri(body, "target") or webhook.target
    if (full_user := validation.boolean(body, "includeFullUser")) is not None:
        webhook.include_full_user = full_user
    if (full_source := validation.boolean(body, "includeFullSource")) is not None:
        webhook.include_full_source = full_source
    return {"webhook": _webhook_json(call, webhook)}


@endpoint()
async def delete_webhook(call: Call) -> Json:
    """Operation `DeleteWebhook`."""
    integration, webhook = _webhook(call)
    del integration.webhooks[webhook.id]
    return {}


def _webhook_json(call: Call, webhook: Webhook) -> Json:
    return serializers.webhook_json(webhook, secret=call.app.switches.secrets_shown_again)


def _integration_json(call: Call, integration: Integration) -> Json:
    return serializers.integration_json(integration, secret=call.app.switches.secrets_shown_again)


def _key_json(call: Call, key: Key) -> Json:
    return serializers.key_json(key, secret=call.app.switches.secrets_shown_again)


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes under the app's path."""
    one = base + "/integrations/{integration}"
    return [
        web.post(base + "/integrations", create),
        web.get(base + "/integrations", list_page),
        web.get(one, get),
        web.patch(one, update),
        web.delete(one, delete),
        web.post(one + "/keys", create_key),
        web.get(one + "/keys", list_keys),
        web.get(one + "/keys/{key}", get_key),
        web.delete(one + "/keys/{key}", delete_key),
        web.post(one + "/webhooks", create_webhook),
        web.get(one + "/webhooks", list_webhooks),
        web.get(one + "/webhooks/{webhook}", get_webhook),
        web.patch(one + "/webhooks/{webhook}", update_webhook),
        web.delete(one + "/webhooks/{webhook}", delete_webhook),
    ]
