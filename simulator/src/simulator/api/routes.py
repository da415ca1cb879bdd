"""All routes of the Conversations API, and those of the Support API."""

from __future__ import annotations

from aiohttp import web

from . import (
    actions,
    apps,
    attachments,
    conversations,
    integrations,
    messages,
    support,
    switchboards,
    ticket_events,
    users,
)

BASE = "/sc/v2/apps/{appId}"


def all_routes() -> list[web.RouteDef]:
    """Return every route under `/sc` and under `/api/v2`."""
    modules = (
        apps,
        users,
        conversations,
        messages,
        actions,
        attachments,
        integrations,
        switchboards,
    )
    return [
        *(route for module in modules for route in module.routes(BASE)),
        *support.routes(),
        *ticket_events.routes(),
    ]
