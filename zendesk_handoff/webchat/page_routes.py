"""The routes that give out the page and its files."""

from __future__ import annotations

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from zendesk_handoff.webchat.error_responses import SAFE_HEADERS, answer
from zendesk_handoff.webchat.page import NOT_INSTALLED, Page

_A_YEAR = 365 * 24 * 3600


def add_page_routes(blueprint: Blueprint, page: Page) -> None:
    """Add them.

    Args:
        blueprint: The channel's.
        page: What is served.
    """

    @blueprint.get("/")
    async def show(request: Request) -> HTTPResponse:
        # Rasa's channels answer here with their health; a browser asks for a page.
        if "text/html" not in request.headers.get("accept", ""):
            return answer({"status": "ok"})
        if not page.is_installed:
            return response.text(NOT_INSTALLED, status=503, headers=SAFE_HEADERS)
        return response.html(
            page.html.decode(),
            headers={**SAFE_HEADERS, "Content-Security-Policy": page.policy},
        )

    @blueprint.get("/assets/<version:str>/<name:str>")
    async def give(request: Request, version: str, name: str) -> HTTPResponse:
        asset = page.assets.get(name)
        if asset is None:
            return answer({"error": "There is no such file."}, status=404)
        lasting = version == page.version
        headers = {
            **SAFE_HEADERS,
            "ETag": asset.etag,
            "Vary": "Accept-Encoding",
            "Cache-Control": f"public, max-age={_A_YEAR}, immutable" if lasting else "no-cache",
        }
        if asset.etag in request.headers.get("if-none-match", ""):
            return response.empty(status=304, headers=headers)
        data = asset.data
        if "gzip" in request.headers.get("accept-encoding", ""):
            data = asset.zipped
            headers["Content-Encoding"] = "gzip"
        return response.raw(data, content_type=asset.content_type, headers=headers)
