"""Control API: a user's action on one of Zendesk's own channels."""

from __future__ import annotations

from aiohttp import web

from .. import agents, end_users
from ..api.call import STATE
from ..errors import ApiError
from ..records import App, Conversation, Json
from .agent import read_body, require, upload
from .views import conversation_view


async def act(request: web.Request, app: App, conversation: Conversation) -> Json:
    """Perform the action that the path names.

    Raises:
        ApiError: 404 for an unknown action, or for what is not there.
        ValueError: The body lacks something.
    """
    state = request.app[STATE]
    body = await read_body(request)
    base_url = f"{request.scheme}://{request.host}"
    action = request.match_info["action"]
    message = None
    if action == "text":
        content = {"type": "text", "text": require(body, "text")}
        message = end_users.write(state, app, conversation, content)
    elif action in ("image", "file"):
        content = upload(state, app, conversation, base_url, action, body)
        message = end_users.write(state, app, conversation, content)
    elif action == "content":
        message = end_users.write(state, app, conversation, dict(require(body, "content")))
    elif action == "press":
        message_id, label = str(require(body, "message_id")), str(require(body, "label"))
        end_users.press(state, app, conversation, message_id, label)
    elif action == "submit":
        message_id, answers = str(require(body, "message_id")), dict(require(body, "answers"))
        end_users.submit(state, app, conversation, message_id, answers)
    elif action == "refer":
        end_users.refer(state, app, conversation, str(require(body, "code")))
    elif action == "end":
        agent = agents.find_agent(app, None, base_url=base_url)
        context = agents.AgentContext(state, app, conversation, agent, base_url)
        agents.PLAIN["end_by_user"](context)
    else:
        raise ApiError(404, "not_found", f"A user cannot {action!r}; see simulator/README.md")
    return {
        "message_id": message.id if message else None,
        "conversation": conversation_view(app, conversation, messages=False),
    }
