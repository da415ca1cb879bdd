"""The routes of the control API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from .. import files, setup
from ..api.call import WORLD
from ..errors import ApiError, not_found
from ..faults import Fault
from ..records import App, Conversation, Json
from .verbs import act
from .views import conversation_view

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_LONGEST_POLL = 30.0


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


async def overview(request: web.Request) -> web.Response:
    """GET /sim: the apps, and where the journal stands."""
    world = request.app[WORLD]
    return web.json_response(
        {
            "apps": [{"id": app.id, "label": app.label} for app in world.apps.values()],
            "seq": world.journal.last_seq,
            "now": world.clock.stamp(),
            "pid": request.app[PID],
        }
    )


PID = web.AppKey("pid", int)


async def add_app(request: web.Request) -> web.Response:
    """POST /sim/apps."""
    app = setup.add_app(request.app[WORLD], await _json(request))
    return web.json_response(setup.describe(app), status=201)


async def list_apps(request: web.Request) -> web.Response:
    """GET /sim/apps."""
    apps = request.app[WORLD].apps.values()
    return web.json_response({"apps": [setup.describe(app) for app in apps]})


async def get_app(request: web.Request) -> web.Response:
    """GET /sim/apps/{app}."""
    return web.json_response(setup.describe(_app(request)))


async def change_app(request: web.Request) -> web.Response:
    """PATCH /sim/apps/{app}: switches, multi_conversations, the secrets of keys and webhooks."""
    app, body = _app(request), await _json(request)
    app.switches.update(body.get("switches") or {})
    if "multi_conversations" in body:
        app.settings["multiConvoEnabled"] = bool(body["multi_conversations"])
    for key_id, secret in (body.get("key_secrets") or {}).items():
        app.keys[key_id].secret = secret
    for integration in app.integrations.values():
        for webhook in integration.webhooks.values():
            change = (body.get("webhooks") or {}).get(webhook.id) or {}
            webhook.secret = change.get("secret", webhook.secret)
            webhook.target = change.get("target", webhook.target)
    request.app[WORLD].note("app", app)
    return web.json_response(setup.describe(app))


async def delete_app(request: web.Request) -> web.Response:
    """DELETE /sim/apps/{app}."""
    del request.app[WORLD].apps[_app(request).id]
    return web.json_response({})


async def add_integration(request: web.Request) -> web.Response:
    """POST /sim/apps/{app}/integrations."""
    app = _app(request)
    setup.add_integration(request.app[WORLD], app, await _json(request))
    return web.json_response(setup.describe(app), status=201)


async def add_identity(request: web.Request) -> web.Response:
    """POST /sim/apps/{app}/users/{user}/identities: what a channel knows of a user."""
    body = await _json(request)
    user = _app(request).find_user(request.match_info["user"])
    if user is None:
        raise not_found("User")
    user.identities.append(
        {"type": body["type"], "value": body["value"],
         "verification": body.get("verification", "unverified")}
    )  # fmt: skip
    return web.json_response({}, status=201)


async def list_conversations(request: web.Request) -> web.Response:
    """GET /sim/conversations and /sim/apps/{app}/conversations: newest first."""
    world = request.app[WORLD]
    apps = [_app(request)] if "app" in request.match_info else list(world.apps.values())
    views = [
        conversation_view(app, conversation, messages=False)
        for app in apps
        for conversation in app.conversations.values()
    ]
    views.sort(key=lambda view: str(view["lastUpdatedAt"]), reverse=True)
    return web.json_response({"conversations": views, "seq": world.journal.last_seq})


async def get_conversation(request: web.Request) -> web.Response:
    """GET /sim/conversations/{id} and /sim/apps/{app}/conversations/{id}."""
    app, conversation = _conversation(request)
    view = conversation_view(app, conversation)
    return web.json_response(view | {"seq": request.app[WORLD].journal.last_seq})


async def agent(request: web.Request) -> web.Response:
    """POST …/conversations/{id}/agent/{verb}."""
    app, conversation = _conversation(request)
    return web.json_response(await act(request, app, conversation))


async def get_faults(request: web.Request) -> web.Response:
    """GET /sim/faults."""
    rules = request.app[WORLD].faults.rules
    return web.json_response({"faults": [one.as_dict() for one in rules]})


async def put_faults(request: web.Request) -> web.Response:
    """PUT /sim/faults: these and no others."""
    faults = request.app[WORLD].faults
    rules = [Fault.from_dict(one) for one in (await _json(request)).get("faults", [])]
    faults.rules = rules
    return web.json_response({"faults": [one.as_dict() for one in rules]})


async def add_fault(request: web.Request) -> web.Response:
    """POST /sim/faults: one more."""
    fault = request.app[WORLD].faults.add(Fault.from_dict(await _json(request)))
    return web.json_response(fault.as_dict(), status=201)


async def delete_faults(request: web.Request) -> web.Response:
    """DELETE /sim/faults and /sim/faults/{id}."""
    request.app[WORLD].faults.remove(request.match_info.get("fault"))
    return web.json_response({})


async def get_held(request: web.Request) -> web.Response:
    """GET /sim/held: deliveries that wait to be released, in the order of their events."""
    held = [
        {
            "id": one.id,
            "app": one.app.id,
            "conversation": one.conversation_id,
            "types": [event["type"] for event in one.events],
            "events": one.events,
        }
        for one in request.app[WORLD].courier.held
    ]
    return web.json_response({"held": held})


async def release_held(request: web.Request) -> web.Response:
    """POST /sim/held/release `{order?: [ids], batch?: bool}`."""
    body = await _json(request)
    released = request.app[WORLD].courier.release(
        body.get("order"), batch=bool(body.get("batch", False))
    )
    return web.json_response({"released": released})


async def get_requests(request: web.Request) -> web.Response:
    """GET /sim/requests, `?app=`."""
    return web.json_response({"requests": _of_app(request, request.app[WORLD].journal.requests)})


async def clear_requests(request: web.Request) -> web.Response:
    """DELETE /sim/requests."""
    request.app[WORLD].journal.requests.clear()
    return web.json_response({})


async def get_deliveries(request: web.Request) -> web.Response:
    """GET /sim/deliveries, `?app=`: every attempt, with its status and outcome."""
    world = request.app[WORLD]
    return web.json_response({"deliveries": _of_app(request, world.journal.deliveries)})


async def clear_deliveries(request: web.Request) -> web.Response:
    """DELETE /sim/deliveries."""
    request.app[WORLD].journal.deliveries.clear()
    return web.json_response({})


async def changes(request: web.Request) -> web.Response:
    """GET /sim/changes?after=SEQ&timeout=SECONDS: long poll."""
    journal = request.app[WORLD].journal
    timeout = min(float(request.query.get("timeout", 25)), _LONGEST_POLL)
    news = await journal.wait(int(request.query.get("after", 0)), timeout=timeout)
    return web.json_response({"changes": news, "seq": journal.last_seq})


async def events(request: web.Request) -> web.StreamResponse:
    """GET /sim/events: the same as server-sent events."""
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    await response.write(b": hello\n\n")
    try:
        async for news in request.app[WORLD].journal.follow(pulse=15):
            lines = "".join(f"data: {json.dumps(one)}\n\n" for one in news)
            await response.write((lines or ": still here\n\n").encode())
    except (ConnectionResetError, asyncio.CancelledError):
        pass
    return response


async def clock(request: web.Request) -> web.Response:
    """POST /sim/clock `{advance: SECONDS}`."""
    world = request.app[WORLD]
    world.clock.advance(float((await _json(request)).get("advance", 0)))
    return web.json_response({"now": world.clock.stamp()})


async def attachment(request: web.Request) -> web.Response:
    """GET /sim/attachments/{id}: the bytes, private or not, for the agent page."""
    found = request.app[WORLD].attachments.get(request.match_info["attachment"])
    if found is None:
        raise not_found()
    return files.response(found)


async def _json(request: web.Request) -> Json:
    raw = await request.read()
    try:
        body = json.loads(raw) if raw.strip() else {}
    except ValueError:
        raise ValueError("The body should be JSON") from None
    if not isinstance(body, dict):
        raise ValueError("The body should be a JSON object")
    return body


def _app(request: web.Request) -> App:
    app = request.app[WORLD].apps.get(request.match_info["app"])
    if app is None:
        raise not_found("App")
    return app


def _conversation(request: web.Request) -> tuple[App, Conversation]:
    found = request.app[WORLD].find_conversation(request.match_info["conversation"])
    if found is None or request.match_info.get("app", found[0].id) != found[0].id:
        raise not_found("Conversation")
    return found


def _of_app(request: web.Request, entries: object) -> list[Json]:
    wanted = request.query.get("app")
    return [one for one in list(entries) if wanted in (None, one["app"])]  # type: ignore[call-overload]


def all_routes() -> list[web.RouteDef]:
    """Return every route under `/sim`."""
    app = "/sim/apps/{app}"
    conversation = "/conversations/{conversation}"
    return [
        web.get("/sim", overview),
        web.get("/sim/apps", list_apps),
        web.post("/sim/apps", add_app),
        web.get(app, get_app),
        web.patch(app, change_app),
        web.delete(app, delete_app),
        web.post(app + "/integrations", add_integration),
        web.post(app + "/users/{user}/identities", add_identity),
        web.get(app + "/conversations", list_conversations),
        web.get("/sim/conversations", list_conversations),
        web.get(app + conversation, get_conversation),
        web.get("/sim" + conversation, get_conversation),
        web.post(app + conversation + "/agent/{verb}", agent),
        web.post("/sim" + conversation + "/agent/{verb}", agent),
        web.get("/sim/faults", get_faults),
        web.put("/sim/faults", put_faults),
        web.post("/sim/faults", add_fault),
        web.delete("/sim/faults", delete_faults),
        web.delete("/sim/faults/{fault}", delete_faults),
        web.get("/sim/held", get_held),
        web.post("/sim/held/release", release_held),
        web.get("/sim/requests", get_requests),
        web.delete("/sim/requests", clear_requests),
        web.get("/sim/deliveries", get_deliveries),
        web.delete("/sim/deliveries", clear_deliveries),
        web.get("/sim/changes", changes),
        web.get("/sim/events", events),
        web.post("/sim/clock", clock),
        web.get("/sim/attachments/{attachment}", attachment),
    ]
