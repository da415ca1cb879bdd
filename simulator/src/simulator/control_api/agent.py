"""Control API: an agent's action, described in JSON or, with a file, in a form."""

from __future__ import annotations

from typing import Any

from aiohttp import BodyPartReader, web

from .. import agents, chat, files
from ..api.call import STATE
from ..content import checked
from ..errors import ApiError
from ..records import App, Conversation, Json
from ..state import State
from .request import read_json
from .views import conversation_view


async def act(request: web.Request, app: App, conversation: Conversation) -> Json:
    """Perform the action that the path names.

    Raises:
        ApiError: 404 for an unknown action, 409 where an agent could not do that now.
        ValueError: The body lacks something.
    """
    state = request.app[STATE]
    body = await read_body(request)
    base_url = f"{request.scheme}://{request.host}"
    agent = agents.find_agent(app, body.get("agent"), base_url=base_url)
    context = agents.AgentContext(state, app, conversation, agent, base_url)
    action = request.match_info["action"]
    force = _flag(body, "force")
    message = None
    if action == "text":
        text = {"type": "text", "text": require(body, "text")}
        if body.get("html_text"):
            text["htmlText"] = body["html_text"]
        message = agents.send(context, text, force=force)
    elif action in ("image", "file"):
        context.open_ticket(force=force)
        content = upload(state, app, conversation, base_url, action, body)
        message = agents.send(context, content, force=force)
    elif action == "content":
        given = dict(require(body, "content"))
        if _flag(body, "check"):
            given = checked(given, app.switches)
        message = agents.send(context, given, force=force)
    elif action == "delete_message":
        if not chat.delete(state, app, conversation, str(require(body, "message_id"))):
            raise ApiError(404, "not_found", "There is no such message")
    elif action == "typing":
        agents.typing(context, on=_flag(body, "on", default=True))
    elif action == "automation":
        name = body.get("name", "Automated Response")
        message = agents.automation(context, require(body, "text"), name=name)
    elif action == "merge":
        both = _flag(body, "conversations")
        agents.merge(context, require(body, "surviving"), conversations=both)
    elif action in agents.PLAIN:
        agents.PLAIN[action](context)
    else:
        raise ApiError(404, "not_found", f"An agent cannot {action!r}; see simulator/README.md")
    answer: Json = {"message_id": message.id if message else None}
    if conversation.id in app.conversations:
        answer["conversation"] = conversation_view(app, conversation, messages=False)
    return answer


async def read_body(request: web.Request) -> Json:
    """Read JSON, or a form whose part `source` is a file."""
    if not request.content_type.startswith("multipart/"):
        return await read_json(request)
    body: Json = {}
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


def upload(
    state: State, app: App, conversation: Conversation, base_url: str, kind: str, body: Json
) -> Json:
    """Store the form's file; return the content of a message that carries it."""
    if "bytes" not in body:
        raise ValueError("Send a form with the file in its part 'source'")
    attachment = files.store(
        state,
        app.id,
        require(body, "filename"),
        body["bytes"],
        media_type=body.get("media_type"),
        conversation_id=conversation.id,
    )
    content: Json = {"type": kind}
    for name, key in (("text", "text"), ("alt_text", "altText")):
        if body.get(name):
            content[key] = body[name]
    return content | {
        "mediaUrl": files.media_url(base_url + "/sc", attachment),
        "mediaType": attachment.media_type,
        "mediaSize": len(attachment.data),
    }


def require(body: Json, name: str) -> Any:
    """Return a value that the body must have."""
    if not body.get(name):
        raise ValueError(f"The body needs {name!r}")
    return body[name]


def _flag(body: Json, name: str, *, default: bool = False) -> bool:
    value = body.get(name, default)
    return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes", "on")
