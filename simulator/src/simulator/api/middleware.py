"""Middleware of the API: faults, errors in Zendesk's form, the request log, the events."""

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
from ..state import Outbox, State
from . import support
from .call import STATE

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
    """Handle paths of Zendesk's two APIs as it does; pass on all others."""
    if not request.path.startswith(("/sc/", f"{support.BASE}/")):
        return await handler(request)
    state = request.app[STATE]
    app_id, path = _split_path(request, state)
    began = time.monotonic()
    applied = state.faults.for_request(app_id, request.method, path)
    failure = next((fault for fault in applied if fault.kind != "latency"), None)
    # Delays count from here: a reader of the change below may advance the clock at once.
    now = state.clock.now()
    if applied:
        state.event_log.record_change("fault", app_id)
    body = await _body_to_log(request)
    with Outbox() as deliveries:
        for fault in applied:
            if fault.kind == "latency" and fault.when == "before":
                await state.clock.sleep_until(now + fault.seconds)
        if failure is not None and failure.when == "before":
            response: web.StreamResponse | None = await _apply_fault(state, failure, now=now)
        else:
            response = await _answer(request, handler)
            if failure is not None:
                # The change is made: its events must not wait for the caller.
                state.dispatch(deliveries)
                deliveries.clear()
                response = await _apply_fault(state, failure, now=now)
    # An unread body would be parsed as the next request of the connection.
    await request.release()
    status = None if response is None else response.status
    app = state.apps.get(app_id)
    if app is not None and app.switches.event_before_response:
        state.dispatch(deliveries)
        await asyncio.gather(*(delivery.attempted.wait() for delivery in deliveries))
        deliveries.clear()
    for fault in applied:
        if fault.kind == "latency" and fault.when == "after":
            await state.clock.sleep_until(now + fault.seconds)
    state.event_log.record_request(
        {
            "app": app_id,
            "method": request.method,
            "path": path,
            "query": dict(request.query),
            "auth": _scheme(request),
            "user_agent": request.headers.get("User-Agent"),
            "body": body,
            "status": status,
            "faults": [f"{fault.kind} {fault.when}" for fault in applied],
            "at": state.clock.stamp(),
            "seconds": round(time.monotonic() - began, 4),
        }
    )
    if response is None:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if deliveries:
        # The answer is sent before the first event.
        with contextlib.suppress(ConnectionResetError):
            await response.prepare(request)
            await response.write_eof()
        state.dispatch(deliveries)
    return response


def _split_path(request: web.Request, state: State) -> tuple[str, str]:
    """Return the app id and the path from the app on; the Support API's paths name no app."""
    if request.path.startswith(f"{support.BASE}/"):
        found = support.find_app(state, request.headers.get("Authorization"))
        return found.id if found else "", request.path
    prefix = "/sc/v2/apps/"
    if not request.path.startswith(prefix):
        return "", request.path.removeprefix("/sc")
    app_id, slash, rest = request.path.removeprefix(prefix).partition("/")
    return app_id, slash + rest


def _scheme(request: web.Request) -> str | None:
    """Return the scheme of the Authorization header, without the credentials."""
    scheme, _, _ = request.headers.get("Authorization", "").partition(" ")
    return scheme or None


async def _body_to_log(request: web.Request) -> Any:
    """Return the JSON of a request, None for an uploaded file."""
    # aiohttp's `content_type` uses a mail parser, which takes a tenth of a request's time.
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


async def _apply_fault(state: State, fault: Fault, *, now: float) -> web.StreamResponse | None:
    """Apply a fault; None means that the connection is to be cut."""
    if fault.kind == "silence":
        await state.clock.sleep_until(now + fault.seconds)
    if fault.kind != "status":
        return None
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status >= 500:
        # The API reference describes no body for a 5xx: proxies answer with a page.
        text = f"<html><body><h1>{fault.status}</h1></body></html>"
        return web.Response(
            text=text, status=fault.status, content_type="text/html", headers=headers
        )
    code = fault.code or _CODES.get(fault.status, "bad_request")
    error = ApiError(fault.status, code, code.replace("_", " ").capitalize())
    return web.json_response(error.body(), status=fault.status, headers=headers)
