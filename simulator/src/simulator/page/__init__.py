"""The agent page at `/`, the user's page at `/user`, and the agents' pictures."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from .avatar import avatar_png

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: http: https:; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


async def index(_: web.Request) -> web.Response:
    """GET /."""
    return _file("index.html")


async def user(_: web.Request) -> web.Response:
    """GET /user: the user's side of Zendesk's own channels."""
    return _file("user.html")


async def static(request: web.Request) -> web.Response:
    """GET /page/{name}."""
    return _file(request.match_info["name"])


async def avatar(request: web.Request) -> web.Response:
    """GET /avatars/{seed}.png: a round picture in a colour of its own."""
    picture = avatar_png(request.match_info["seed"])
    return web.Response(body=picture, content_type="image/png")


def _file(name: str) -> web.Response:
    path = _FOLDER / name
    if path.suffix not in _TYPES or not path.is_file() or path.parent != _FOLDER:
        raise web.HTTPNotFound
    return web.Response(
        text=path.read_text("utf-8"), content_type=_TYPES[path.suffix], headers=_HEADERS
    )


def routes() -> list[web.RouteDef]:
    """Return the routes of the page."""
    return [
        web.get("/", index),
        web.get("/user", user),
        web.get("/page/{name}", static),
        web.get("/avatars/{seed}.png", avatar),
    ]
