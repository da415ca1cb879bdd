"""Routes of the page and its files."""

from __future__ import annotations

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.webchat.error_responses import SAFE_HEADERS, json_response
from zendesk_handoff.webchat.page import NOT_INSTALLED, Page

_ONE_YEAR = 365 * 24 * 3600


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
        return response.html(
            page.html.decode(),
            headers={**SAFE_HEADERS, "Content-Security-Policy": page.policy},
        )

    @blueprint.get("/assets/<version:str>/<name:str>")
    async def asset(request: Request, version: str, name: str) -> HTTPResponse:
        found = page.assets.get(name)
        if found is None:
            return json_response({"error": "There is no such file."}, status=404)
        is_current = version == page.version
        headers = {
            **SAFE_HEADERS,
            "ETag": found.etag,
            "Vary": "Accept-Encoding",
            "Cache-Control": f"public, max-age={_ONE_YEAR}, immutable"
            if is_current
            else "no-cache",
        }
        if found.etag in request.headers.get("if-none-match", ""):
            return response.empty(status=304, headers=headers)
        data = found.data
        if "gzip" in request.headers.get("accept-encoding", ""):
            data = found.gzipped
            headers["Content-Encoding"] = "gzip"
        return response.raw(data, content_type=found.content_type, headers=headers)
