"""Parts of a control API request: its JSON body, its app, its conversation, its errors."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from ..api.call import STATE
from ..errors import ApiError, not_found
from ..records import App, Conversation, Json

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def control_calls(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors of the control API as JSON, with a sentence that says what to do."""
    if not request.path.startswith("/sim"):
        return await handler(request)
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response({"error": error.title}, status=error.status)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status)
    except KeyError as error:
        return web.json_response({"error": f"There is no {error}"}, status=400)
    except (ValueError, TypeError) as error:
        return web.json_response({"error": str(error)}, status=400)


async def read_json(request: web.Request) -> Json:
    """Return the JSON object of the body; an empty body is an empty object.

    Raises:
        ValueError: The body is something else.
    """
    raw = await request.read()
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise ValueError("The body should be JSON") from None
    if not isinstance(body, dict):
        raise ValueError("The body should be a JSON object")
    return body


def find_app(request: web.Request) -> App:
    """Return the app that the path names.

    Raises:
        ApiError: 404.
    """
    app = request.app[STATE].apps.get(request.match_info["app"])
    if app is None:
        raise not_found("App")
    return app


def find_conversation(request: web.Request) -> tuple[App, Conversation]:
    """Return the conversation that the path names, with its app.

    Raises:
        ApiError: 404.
    """
    found = request.app[STATE].find_conversation(request.match_info["conversation"])
    if found is None:
        raise not_found("Conversation")
    return found
