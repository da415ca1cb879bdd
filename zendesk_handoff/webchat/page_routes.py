"""Routes of the page, its files, and the launcher that shows it on other sites."""

from __future__ import annotations

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.webchat.error_responses import SAFE_HEADERS, json_response
from zendesk_handoff.webchat.page import NOT_INSTALLED, Asset, Page
from zendesk_handoff.webchat.words import choose_language

_ONE_YEAR = 365 * 24 * 3600
#: Seconds for which a browser keeps the launcher, whose address never changes.
_WIDGET_SECONDS = 300


def add_page_routes(blueprint: Blueprint, page: Page) -> None:
    """Add the routes.

    Args:
        blueprint: The channel's blueprint.
        page: The page to serve.
    """

    @blueprint.get("/")
    async def index(request: Request) -> HTTPResponse:
        # Rasa's channels return their health here; only a browser asks for HTML.
        if "text/html" not in request.headers.get("accept", ""):
            return json_response({"status": "ok"})
        if not page.is_installed:
            return response.text(NOT_INSTALLED, status=503, headers=SAFE_HEADERS)
        language = choose_language(
            request.args.get("locale"), request.headers.get("accept-language")
        )
        headers = {
            **SAFE_HEADERS,
            "Content-Security-Policy": page.policy,
            "Content-Language": language,
            "Vary": "Accept-Language",
        }
        return response.html(page.html[language].decode(), headers=headers)

    @blueprint.get("/assets/<version:str>/<name:str>")
    async def asset(request: Request, version: str, name: str) -> HTTPResponse:
        found = page.assets.get(name)
        if found is None:
            return json_response({"error": "There is no such file."}, status=404)
        is_current = version == page.version
        cached = f"public, max-age={_ONE_YEAR}, immutable" if is_current else "no-cache"
        return _file_response(request, found, {"Cache-Control": cached})

    @blueprint.get("/widget.js")
    async def widget(request: Request) -> HTTPResponse:
        headers = {
            "Cache-Control": f"public, max-age={_WIDGET_SECONDS}",
            # A site may load it with `crossorigin`, or require that of all that it loads.
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return _file_response(request, page.widget, headers)


def _file_response(request: Request, found: Asset, headers: dict[str, str]) -> HTTPResponse:
    headers = {**SAFE_HEADERS, "ETag": found.etag, "Vary": "Accept-Encoding", **headers}
    if found.etag in request.headers.get("if-none-match", ""):
        return response.empty(status=304, headers=headers)
    data = found.data
    if "gzip" in request.headers.get("accept-encoding", ""):
        data = found.gzipped
        headers["Content-Encoding"] = "gzip"
    return response.raw(data, content_type=found.content_type, headers=headers)
