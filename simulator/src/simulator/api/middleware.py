"""Around every API call: faults before and after, errors in Zendesk's form, the log, the events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from ..errors import ApiError
from ..faults import Fault
from ..world import Outbox, World
from .call import WORLD

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    402: "payment_required",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "request_entity_too_large",
    423: "locked",
    429: "too_many_requests",
}


@web.middleware
async def api_calls(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Serve what is under `/sc` as Zendesk does, and let the rest pass."""
    if not request.path.startswith("/sc/"):
        return await handler(request)
    world = request.app[WORLD]
    app_id, path = _place(request)
    began = time.monotonic()
    struck = world.faults.for_request(app_id, request.method, path)
    worse = next((fault for fault in struck if fault.kind != "latency"), None)
    # Times count from here: whoever reads of the fault may move the clock at once.
    now = world.clock.now()
    if struck:
        world.journal.note("fault", app_id)
    body = await _body_for_the_log(request)
    with Outbox() as parcels:
        for fault in struck:
            if fault.kind == "latency" and fault.when == "before":
                await world.clock.sleep_until(now + fault.seconds)
        if worse is not None and worse.when == "before":
            response: web.StreamResponse | None = await _strike(world, worse, now=now)
        else:
            response = await _answer(request, handler)
            if worse is not None:
                # Committed already: what the webhooks tell must not wait for the caller.
                world.dispatch(parcels)
                parcels.clear()
                response = await _strike(world, worse, now=now)
    # A body that a refusal left unread would be taken for the next request.
    await request.release()
    status = None if response is None else response.status
    app = world.apps.get(app_id)
    if app is not None and app.switches.event_before_response:
        world.dispatch(parcels)
        await asyncio.gather(*(parcel.tried.wait() for parcel in parcels))
        parcels.clear()
    for fault in struck:
        if fault.kind == "latency" and fault.when == "after":
            await world.clock.sleep_until(now + fault.seconds)
    world.journal.request(
        {
            "app": app_id,
            "method": request.method,
            "path": path,
            "query": dict(request.query),
            "auth": _scheme(request),
            "user_agent": request.headers.get("User-Agent"),
            "body": body,
            "status": status,
            "faults": [f"{fault.kind} {fault.when}" for fault in struck],
            "at": world.clock.stamp(),
            "seconds": round(time.monotonic() - began, 4),
        }
    )
    if response is None:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if parcels:
        # The caller has its answer before the first event leaves.
        with contextlib.suppress(ConnectionResetError):
            await response.prepare(request)
            await response.write_eof()
        world.dispatch(parcels)
    return response


def _place(request: web.Request) -> tuple[str, str]:
    """Return the app id and the path from the app on."""
    prefix = "/sc/v2/apps/"
    if not request.path.startswith(prefix):
        return "", request.path.removeprefix("/sc")
    app_id, slash, rest = request.path.removeprefix(prefix).partition("/")
    return app_id, slash + rest


def _scheme(request: web.Request) -> str | None:
    """Return how the caller showed itself, without anything secret."""
    scheme, _, _ = request.headers.get("Authorization", "").partition(" ")
    return scheme or None


async def _body_for_the_log(request: web.Request) -> Any:
    """Return the JSON of a request; a file is not kept twice."""
    # aiohttp's `content_type` goes through a mail parser, which costs a tenth of a request.
    is_json = request.headers.get("Content-Type", "").startswith("application/json")
    if not is_json or not request.can_read_body:
        return None
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        return None


async def _answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response(error.body(), status=error.status)
    except web.HTTPRequestEntityTooLarge:
        return _refusal(413, "request_entity_too_large", "Request entity too large")
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return _refusal(404, "route_not_found", "Route not found")


def _refusal(status: int, code: str, title: str) -> web.Response:
    return web.json_response(ApiError(status, code, title).body(), status=status)


async def _strike(world: World, fault: Fault, *, now: float) -> web.StreamResponse | None:
    """Let a fault happen; None means that the connection is to be cut."""
    if fault.kind == "silence":
        await world.clock.sleep_until(now + fault.seconds)
    if fault.kind != "status":
        return None
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status >= 500:
        # No shape is promised for a 5xx (SPEC): a proxy's page is what one gets.
        text = f"<html><body><h1>{fault.status}</h1></body></html>"
        return web.Response(
            text=text, status=fault.status, content_type="text/html", headers=headers
        )
    code = fault.code or _CODES.get(fault.status, "bad_request")
    error = ApiError(fault.status, code, code.replace("_", " ").capitalize())
    return web.json_response(error.body(), status=fault.status, headers=headers)
