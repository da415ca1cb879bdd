"""All routes of the control API."""

from __future__ import annotations

from aiohttp import web

from . import accounts, conversations, faults, log


def all_routes() -> list[web.RouteDef]:
    """Return every route under `/sim`."""
    modules = (accounts, conversations, faults, log)
    return [route for module in modules for route in module.routes()]
