"""`POST …/agent/{verb}`: what the agent does, said in JSON or, with a file, in a form."""

from __future__ import annotations

import base64
import json
from typing import Any

from aiohttp import BodyPartReader, web

from .. import agents, files
from ..api.call import WORLD
from ..errors import ApiError
from ..records import App, Conversation, Json
from .views import conversation_view


async def act(request: web.Request, app: App, conversation: Conversation) -> Json:
    """Do what the path's verb says.

    Raises:
        ApiError: 404 for an unknown verb, 409 where an agent could not do that now.
    """
    world = request.app[WORLD]
    body = await _said(request)
    base_url = f"{request.scheme}://{request.host}"
    agent = agents.find_agent(app, body.get("agent"), base_url=base_url)
    desk = agents.Desk(world, app, conversation, agent, base_url)
    verb = request.match_info["verb"]
    force = _flag(body, "force")
    message = None
    if verb == "text":
        content = {"type": "text", "text": _need(body, "text")}
        if body.get("html_text"):
            content["htmlText"] = body["html_text"]
        message = agents.say(desk, content, force=force)
    elif verb in ("image", "file"):
        desk.open_ticket(force=force)
        message = agents.say(desk, _media(desk, verb, body), force=force)
    elif verb == "content":
        message = agents.say(desk, dict(_need(body, "content")), force=force)
    elif verb == "typing":
        agents.typing(desk, on=_flag(body, "on", default=True))
    elif verb == "automation":
        name = body.get("name", "Automated Response")
        message = agents.automation(desk, _need(body, "text"), name=name)
    elif verb == "merge":
        both = _flag(body, "conversations")
        agents.merge(desk, _need(body, "surviving"), conversations=both)
    elif verb in agents.PLAIN:
        agents.PLAIN[verb](desk)
    else:
        raise ApiError(404, "not_found", f"An agent cannot {verb!r}; see simulator/README.md")
    answer: Json = {"message_id": message.id if message else None}
    if conversation.id in app.conversations:
        answer["conversation"] = conversation_view(app, conversation, messages=False)
    return answer


async def _said(request: web.Request) -> Json:
    """Read JSON, or a form whose part `source` is a file."""
    if not request.content_type.startswith("multipart/"):
        raw = await request.read()
        body = json.loads(raw) if raw.strip() else {}
        if not isinstance(body, dict):
            raise ValueError("The body should be a JSON object")
        return body
    body = {}
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.name == "source":
            body["bytes"] = bytes(await part.read())
            body["filename"] = part.filename
            body["media_type"] = part.headers.get("Content-Type")
        else:
            body[part.name] = await part.text()
    return body


def _media(desk: agents.Desk, kind: str, body: Json) -> Json:
    """Return the content of an image or a file that the agent attaches."""
    content: Json = {"type": kind}
    if body.get("text"):
        content["text"] = body["text"]
    if body.get("media_url"):
        return content | {
            "mediaUrl": body["media_url"],
            "mediaType": body.get("media_type") or "application/octet-stream",
        }
    data = body["bytes"] if "bytes" in body else base64.b64decode(_need(body, "data"))
    attachment = files.store(
        desk.world,
        desk.app.id,
        _need(body, "filename"),
        data,
        media_type=body.get("media_type"),
        conversation_id=desk.conversation.id,
    )
    return content | {
        "mediaUrl": files.media_url(desk.base_url + "/sc", attachment),
        "mediaType": attachment.media_type,
        "mediaSize": len(attachment.data),
    }


def _need(body: Json, name: str) -> Any:
    if not body.get(name):
        raise ValueError(f"Say {name}")
    return body[name]


def _flag(body: Json, name: str, *, default: bool = False) -> bool:
    value = body.get(name, default)
    return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes", "on")
