"""Control API: faults, held deliveries and the clock."""

from __future__ import annotations

from aiohttp import web

from ..api.call import STATE
from ..faults import Fault
from .request import read_json


async def list_rules(request: web.Request) -> web.Response:
    """GET /sim/faults."""
    rules = request.app[STATE].faults.rules
    return web.json_response({"faults": [one.as_dict() for one in rules]})


async def add(request: web.Request) -> web.Response:
    """POST /sim/faults: one more rule."""
    fault = request.app[STATE].faults.add(Fault.from_dict(await read_json(request)))
    return web.json_response(fault.as_dict(), status=201)


async def delete(request: web.Request) -> web.Response:
    """DELETE /sim/faults and /sim/faults/{id}."""
    request.app[STATE].faults.remove(request.match_info.get("fault"))
    return web.json_response({})


async def list_held(request: web.Request) -> web.Response:
    """GET /sim/held: deliveries that wait to be released, in the order of their events."""
    held = [
        {
            "id": one.id,
            "app": one.app.id,
            "conversation": one.conversation_id,
            "types": [event["type"] for event in one.events],
            "events": one.events,
        }
        for one in request.app[STATE].dispatcher.held
    ]
    return web.json_response({"held": held})


async def release_held(request: web.Request) -> web.Response:
    """POST /sim/held/release `{order?: [ids], batch?: bool}`."""
    body = await read_json(request)
    released = request.app[STATE].dispatcher.release(
        body.get("order"), batch=bool(body.get("batch", False))
    )
    return web.json_response({"released": released})


async def advance_clock(request: web.Request) -> web.Response:
    """POST /sim/clock `{advance: SECONDS}`."""
    state = request.app[STATE]
    state.clock.advance(float((await read_json(request)).get("advance", 0)))
    return web.json_response({"now": state.clock.stamp()})


def routes() -> list[web.RouteDef]:
    """Return the routes of faults, held deliveries and the clock."""
    return [
        web.get("/sim/faults", list_rules),
        web.post("/sim/faults", add),
        web.delete("/sim/faults", delete),
        web.delete("/sim/faults/{fault}", delete),
        web.get("/sim/held", list_held),
        web.post("/sim/held/release", release_held),
        web.post("/sim/clock", advance_clock),
    ]
