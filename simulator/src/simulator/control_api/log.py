"""Control API: the event log, for tests by long poll, for the agent page as a stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from aiohttp import web

from ..api.call import STATE
from ..records import Json

_LONGEST_POLL = 30.0
_HEARTBEAT = 15.0


async def get_requests(request: web.Request) -> web.Response:
    """GET /sim/requests, `?app=`."""
    entries = request.app[STATE].event_log.requests
    return web.json_response({"requests": _of_app(request, entries)})


async def clear_requests(request: web.Request) -> web.Response:
    """DELETE /sim/requests."""
    request.app[STATE].event_log.requests.clear()
    return web.json_response({})


async def get_deliveries(request: web.Request) -> web.Response:
    """GET /sim/deliveries, `?app=` or `?conversation=`: every attempt, with status and outcome."""
    entries = _of_app(request, request.app[STATE].event_log.attempts)
    wanted = request.query.get("conversation")
    found = [one for one in entries if wanted in (None, one["conversation"])]
    return web.json_response({"deliveries": found})


async def clear_deliveries(request: web.Request) -> web.Response:
    """DELETE /sim/deliveries."""
    request.app[STATE].event_log.attempts.clear()
    return web.json_response({})


async def poll_changes(request: web.Request) -> web.Response:
    """GET /sim/changes?after=SEQ&timeout=SECONDS: long poll."""
    event_log = request.app[STATE].event_log
    timeout = min(float(request.query.get("timeout", 25)), _LONGEST_POLL)
    changes = await event_log.wait(int(request.query.get("after", 0)), timeout=timeout)
    return web.json_response({"changes": changes, "seq": event_log.last_seq})


async def stream_changes(request: web.Request) -> web.StreamResponse:
    """GET /sim/events: the changes as server-sent events."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    await response.write(b": connected\n\n")
    try:
        async for changes in request.app[STATE].event_log.follow(heartbeat=_HEARTBEAT):
            lines = "".join(f"data: {json.dumps(one)}\n\n" for one in changes)
            await response.write((lines or ": heartbeat\n\n").encode())
    except (ConnectionResetError, asyncio.CancelledError):
        pass
    return response


def _of_app(request: web.Request, entries: Iterable[Json]) -> list[Json]:
    wanted = request.query.get("app")
    return [one for one in entries if wanted in (None, one["app"])]


def routes() -> list[web.RouteDef]:
    """Return the routes of the event log."""
    return [
        web.get("/sim/requests", get_requests),
        web.delete("/sim/requests", clear_requests),
        web.get("/sim/deliveries", get_deliveries),
        web.delete("/sim/deliveries", clear_deliveries),
        web.get("/sim/changes", poll_changes),
        web.get("/sim/events", stream_changes),
    ]
