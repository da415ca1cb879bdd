"""The app itself (SPEC GetApp, UpdateApp)."""

from __future__ import annotations

from aiohttp import web

from .. import checks, shapes
from ..errors import bad_request
from ..records import Json
from .call import Call, endpoint


@endpoint(app_only=True)
async def get(call: Call) -> Json:
    """SPEC GetApp."""
    return {"app": shapes.app_json(call.app)}


@endpoint(app_only=True)
async def update(call: Call) -> Json:
    """SPEC UpdateApp: name, settings, metadata; multi-conversations cannot be turned off."""
    body = await call.body()
    settings = checks.obj(body, "settings") or {}
    if settings.get("multiConvoEnabled") is False and call.app.multi_conversations:
        raise bad_request("multiConvoEnabled cannot be disabled once it is enabled")
    metadata = checks.metadata(body, whose="App")
    call.app.display_name = checks.string(body, "displayName", limit=100) or call.app.display_name
    call.app.settings.update(settings)
    if metadata is not None:
        call.app.metadata = metadata
    shown = shapes.app_json(call.app)
    del shown["subdomain"]
    return {"app": shown}


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes at the app's path."""
    return [web.get(base, get), web.patch(base, update)]
