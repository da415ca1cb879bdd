"""Middleware of Rasa's Sanic app, added when the server starts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from sanic import Sanic

#: Above every middleware of Rasa's or of a channel's, which have none.
_FIRST = 1000


def add_middleware(
    app: Sanic, middleware: Callable[..., Any], kind: str, *, is_first: bool = False
) -> None:
    """Add a middleware that runs for every request from now on.

    Sanic 22.9 and newer distribute the middleware to the routes before the server's listeners run,
    and have priorities; Sanic 21.12 looks for it at each request, in order of its list.

    Args:
        app: The app, before it accepts requests.
        middleware: A coroutine function.
        kind: ``request`` or ``response``.
        is_first: Whether it runs before all others: one that answers a request ends the chain.
    """
    if "priority" in inspect.signature(app.register_middleware).parameters:
        app.register_middleware(middleware, kind, priority=_FIRST if is_first else 0)
        app.finalize_middleware()
    elif is_first:
        app.request_middleware.appendleft(middleware)
    else:
        app.register_middleware(middleware, kind)
