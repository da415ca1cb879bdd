"""A second bot in the accounts, as one of Zendesk's marketplace: it answers while it has control.

It hears the account by a webhook and calls the API with its integration's own key, as a bot on a
server of its own would; only its address is the simulator's.
"""

from __future__ import annotations

import asyncio
import hmac

import aiohttp
from aiohttp import web

from .api.call import STATE
from .records import App, Integration, Json
from .setup import add_integration
from .state import State

NAME = "other-bot"
"""In the switchboard."""
AGENTS = "zd-agentWorkspace"
_PATH = "/other-bot"
_AUTHOR = {"type": "business", "displayName": "The other bot"}
_HELP = "Write “agent” for a person, or “back” for the first bot."
_TASKS = web.AppKey("other_bot_tasks", set[asyncio.Task[None]])


def add(state: State, url: str) -> None:
    """Add the bot to each account that has a switchboard.

    Args:
        state: Of the simulator.
        url: The simulator's address.
    """
    for app in state.apps.values():
        if app.switchboard is None or _own(app) is not None:
            continue
        description = {
            "name": "The other bot",
            "target": f"{url}{_PATH}/{app.id}",
            "triggers": ["conversation:message"],
            "switchboard_name": NAME,
            "key": {},
        }
        add_integration(state, app, description)


def set_up(application: web.Application) -> None:
    """Add the route of its webhook.

    Args:
        application: The simulator's.
    """
    application[_TASKS] = set()
    application.router.add_post(f"{_PATH}/{{app}}", _receive)


async def _receive(request: web.Request) -> web.Response:
    app = request.app[STATE].apps.get(request.match_info["app"])
    own = None if app is None else _own(app)
    if app is None or own is None:
        return web.Response(status=404)
    webhook = next(iter(own.webhooks.values()))
    given = request.headers.get("X-API-Key", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(given, webhook.secret.encode()):
        return web.Response(status=401)
    base_url = f"{request.scheme}://{request.host}"
    for event in (await request.json())["events"]:
        # The webhook is answered first: a later event would wait for the bot's own calls.
        task = asyncio.create_task(_answer(app, own, event, base_url=base_url))
        request.app[_TASKS].add(task)
        task.add_done_callback(request.app[_TASKS].discard)
    return web.Response()


async def _answer(app: App, own: Integration, event: Json, *, base_url: str) -> None:
    payload = event["payload"]
    message, conversation = payload["message"], payload["conversation"]
    active = conversation.get("activeSwitchboardIntegration") or {}
    if message["author"]["type"] != "user" or active.get("name") != NAME:
        return
    text = str(message["content"].get("text") or "")
    words, party = _reply(text, first=_first(app))
    key = next(one for one in app.keys.values() if one.integration_id == own.id)
    path = f"{base_url}/sc/v2/apps/{app.id}/conversations/{conversation['id']}"
    auth = aiohttp.BasicAuth(key.id, key.secret)
    async with aiohttp.ClientSession(auth=auth) as session:
        body: Json = {"author": _AUTHOR, "content": {"type": "text", "text": words}}
        async with session.post(f"{path}/messages", json=body):
            pass
        if party is not None:
            body = {"switchboardIntegration": party}
            async with session.post(f"{path}/passControl", json=body):
                pass


def _reply(text: str, *, first: str) -> tuple[str, str | None]:
    """Return what the bot says to a text, and who gets control then, if anybody does."""
    order = text.strip().lower()
    if order == "agent":
        return "The other bot passes you to the agents.", AGENTS
    if order == "back":
        return f"The other bot passes you to {first}.", first
    return f"This is the other bot. I have read: {text}\n{_HELP}", None


def _first(app: App) -> str:
    """Name the integration that gets control first; the agents where that is this bot."""
    assert app.switchboard is not None, "the bot is in it"
    default = app.switchboard.integrations.get(app.switchboard.default_id or "")
    return AGENTS if default is None or default.name == NAME else default.name


def _own(app: App) -> Integration | None:
    """Find the bot's integration in an account."""
    linked = app.switchboard.integrations.values() if app.switchboard else ()
    own = next((one for one in linked if one.name == NAME), None)
    return None if own is None else app.integrations.get(own.integration_id)
