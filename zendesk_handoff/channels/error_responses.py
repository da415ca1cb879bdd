"""Error responses of the plugin's routes: a sentence in JSON."""

from __future__ import annotations

from sanic import response
from sanic.response import HTTPResponse


def error_response(status: int, text: str) -> HTTPResponse:
    """Build an error response.

    Args:
        status: The HTTP status.
        text: A sentence that quotes nothing of the request.
    """
    return response.json({"error": text}, status=status)
