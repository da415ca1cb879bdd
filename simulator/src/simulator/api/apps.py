"""The app itself (Conversations API: Apps)."""

from __future__ import annotations

from aiohttp import web

from .. import serializers, validation
from ..errors import bad_request
from ..records import Json
from .call import Call, endpoint


@endpoint(app_only=True)
async def get(call: Call) -> Json:
    """Operation `GetApp`."""
    return {"app": serializers.app_json(call.app)}


@endpoint(app_only=True)
async def update(call: Call) -> Json:
    """Operation `UpdateApp`: name, settings, metadata; multi-conversations cannot be turned off."""
    body = await call.body()
    settings = validation.obj(body, "settings") or {}
    if settings.get("multiConvoEnabled") is False and call.app.multi_conversations:
        raise bad_request("multiConvoEnabled cannot be disabled once it is enabled")
    metadata = validation.metadata(body, whose="App")
    call.app.display_name = (
        validation.string(body, "displayName", limit=100) or call.app.display_name
    )
    call.app.settings.update(settings)
    if metadata is not None:
        call.app.metadata = metadata
    shown = serializers.app_json(call.app)
    del shown["subdomain"]
    return {"app": shown}


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes at the app's path."""
    return [web.get(base, get), web.patch(base, update)]
