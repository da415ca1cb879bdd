"""Control API: conversations, what agents and users do in them, and their files."""

from __future__ import annotations

from aiohttp import web

from .. import end_users, files, switchboard
from ..api.call import STATE
from ..errors import not_found
from . import user
from .agent import act
from .request import find_app, find_conversation, read_json
from .views import conversation_view


async def list_conversations(request: web.Request) -> web.Response:
    """GET /sim/conversations and /sim/apps/{app}/conversations: newest first."""
    state = request.app[STATE]
    apps = [find_app(request)] if "app" in request.match_info else list(state.apps.values())
    views = [
        conversation_view(app, conversation, messages=False)
        for app in apps
        for conversation in app.conversations.values()
    ]
    views.sort(key=lambda view: str(view["lastUpdatedAt"]), reverse=True)
    return web.json_response({"conversations": views, "seq": state.event_log.last_seq})


async def get(request: web.Request) -> web.Response:
    """GET /sim/conversations/{id}."""
    app, conversation = find_conversation(request)
    view = conversation_view(app, conversation)
    return web.json_response(view | {"seq": request.app[STATE].event_log.last_seq})


async def agent_action(request: web.Request) -> web.Response:
    """POST /sim/conversations/{id}/agent/{action}."""
    app, conversation = find_conversation(request)
    return web.json_response(await act(request, app, conversation))


async def begin(request: web.Request) -> web.Response:
    """POST /sim/apps/{app}/conversations: begin one as a user of a widget, of WhatsApp."""
    app, body = find_app(request), await read_json(request)
    conversation = end_users.begin(request.app[STATE], app, body)
    return web.json_response(conversation_view(app, conversation), status=201)


async def user_action(request: web.Request) -> web.Response:
    """POST /sim/conversations/{id}/user/{action}."""
    app, conversation = find_conversation(request)
    return web.json_response(await user.act(request, app, conversation))


async def control(request: web.Request) -> web.Response:
    """POST /sim/conversations/{id}/control: move control, as any integration or rule may do.

    The body has `action` (`pass`, `offer`, `accept` or `release`), `to` and `metadata`.
    """
    app, conversation = find_conversation(request)
    state, body = request.app[STATE], await read_json(request)
    action, metadata = body.get("action", "pass"), body.get("metadata")
    if action == "pass":
        switchboard.pass_control(state, app, conversation, str(body["to"]), metadata=metadata)
    elif action == "offer":
        switchboard.offer_control(state, app, conversation, str(body["to"]), metadata=metadata)
    elif action == "accept":
        switchboard.accept_control(state, app, conversation, metadata=metadata)
    else:
        switchboard.release_control(state, app, conversation, metadata=metadata)
    return web.json_response(conversation_view(app, conversation, messages=False))


async def attachment(request: web.Request) -> web.Response:
    """GET /sim/attachments/{id}: the bytes, private or not, for the agent page."""
    found = request.app[STATE].attachments.get(request.match_info["attachment"])
    if found is None:
        raise not_found()
    return files.response(found)


def routes() -> list[web.RouteDef]:
    """Return the routes of conversations."""
    one = "/sim/conversations/{conversation}"
    return [
        web.get("/sim/apps/{app}/conversations", list_conversations),
        web.post("/sim/apps/{app}/conversations", begin),
        web.get("/sim/conversations", list_conversations),
        web.get(one, get),
        web.post(one + "/agent/{action}", agent_action),
        web.post(one + "/user/{action}", user_action),
        web.post(one + "/control", control),
        web.get("/sim/attachments/{attachment}", attachment),
    ]
