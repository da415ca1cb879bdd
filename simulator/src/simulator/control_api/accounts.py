"""Control API: apps, their integrations and their users' identities."""

from __future__ import annotations

from aiohttp import web

from .. import setup
from ..api.call import STATE
from ..errors import not_found
from .request import find_app, read_json


async def overview(request: web.Request) -> web.Response:
    """GET /sim: the apps, the time, and the number of the last change."""
    state = request.app[STATE]
    return web.json_response(
        {
            "apps": [{"id": app.id, "label": app.label} for app in state.apps.values()],
            "seq": state.event_log.last_seq,
            "now": state.clock.stamp(),
        }
    )


async def add(request: web.Request) -> web.Response:
    """POST /sim/apps."""
    app = setup.add_app(request.app[STATE], await read_json(request))
    return web.json_response(setup.describe(app), status=201)


async def get(request: web.Request) -> web.Response:
    """GET /sim/apps/{app}."""
    return web.json_response(setup.describe(find_app(request)))


async def change(request: web.Request) -> web.Response:
    """PATCH /sim/apps/{app}: switches, multi_conversations, the secrets of keys and webhooks."""
    app, body = find_app(request), await read_json(request)
    app.switches.update(body.get("switches") or {})
    if "multi_conversations" in body:
        app.settings["multiConvoEnabled"] = bool(body["multi_conversations"])
    for key_id, secret in (body.get("key_secrets") or {}).items():
        app.keys[key_id].secret = secret
    for integration in app.integrations.values():
        for webhook in integration.webhooks.values():
            changes = (body.get("webhooks") or {}).get(webhook.id) or {}
            webhook.secret = changes.get("secret", webhook.secret)
            webhook.target = changes.get("target", webhook.target)
    request.app[STATE].record_change("app", app)
    return web.json_response(setup.describe(app))


async def delete(request: web.Request) -> web.Response:
    """DELETE /sim/apps/{app}."""
    del request.app[STATE].apps[find_app(request).id]
    return web.json_response({})


async def add_integration(request: web.Request) -> web.Response:
    """POST /sim/apps/{app}/integrations."""
    app = find_app(request)
    setup.add_integration(request.app[STATE], app, await read_json(request))
    return web.json_response(setup.describe(app), status=201)


async def add_identity(request: web.Request) -> web.Response:
    """POST /sim/apps/{app}/users/{user}/identities: an address that a channel knows of a user."""
    body = await read_json(request)
    user = find_app(request).find_user(request.match_info["user"])
    if user is None:
        raise not_found("User")
    user.identities.append(
        {
            "type": body["type"],
            "value": body["value"],
            "verification": body.get("verification", "unverified"),
        }
    )
    return web.json_response({}, status=201)


def routes() -> list[web.RouteDef]:
    """Return the routes of apps."""
    app = "/sim/apps/{app}"
    return [
        web.get("/sim", overview),
        web.post("/sim/apps", add),
        web.get(app, get),
        web.patch(app, change),
        web.delete(app, delete),
        web.post(app + "/integrations", add_integration),
        web.post(app + "/users/{user}/identities", add_identity),
    ]
