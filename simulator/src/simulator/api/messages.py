"""Messages and activity (Conversations API: Messages, Activities)."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from aiohttp import web

from .. import chat, content, serializers, validation
from ..errors import ApiError, bad_request, not_found
from ..records import Conversation, Json
from .call import Call, endpoint
from .paging import cut

_SUBTYPES = ("AI", "activity")


@endpoint(status=201)
async def post(call: Call) -> Json:
    """Operation `PostMessage`."""
    conversation, body = call.conversation(), await call.body()
    given = validation.obj(body, "author") or validation.required(body, "author")
    author = _author(call, conversation, given)
    shown = validation.obj(body, "content") or validation.required(body, "content")
    shown = content.checked(shown, call.app.switches)
    _own_media(call, conversation, shown)
    metadata = validation.metadata(body, whose="Message")
    _destination(body, author, conversation)
    source: Json = {"type": "api:conversations"}
    if author["type"] == "user" and call.caller.integration_id is not None:
        source["integrationId"] = call.caller.integration_id
    message = chat.post(
        call.state,
        call.app,
        conversation,
        author=author,
        content=shown,
        source=source,
        metadata=metadata,
        subtypes=_subtypes(given),
    )
    return {"messages": [serializers.message_json(call.app, message)]}


@endpoint()
async def list_page(call: Call) -> Json:
    """Operation `ListMessages`: pages of 100, newest page first, oldest message first."""
    conversation = call.app.conversations.get(call.request.match_info["conversation"])
    if conversation is None:
        raise not_found()
    page, rest = cut(call, conversation.messages, newest_first=True)
    return {"messages": [serializers.message_json(call.app, one) for one in page], **rest}


@endpoint()
async def delete_all(call: Call) -> Json:
    """Operation `DeleteAllMessages`; also unlocks a full conversation."""
    conversation = call.conversation()
    conversation.messages.clear()
    call.state.record_change("message", call.app, conversation)
    return {}


@endpoint()
async def delete_one(call: Call) -> Json:
    """Operation `DeleteMessage`."""
    message_id = call.request.match_info["message"]
    chat.delete(call.state, call.app, call.conversation(), message_id)
    return {}


@endpoint()
async def activity(call: Call) -> Json:
    """Operation `PostActivity`: users only `conversation:read`; typing is for businesses."""
    conversation, body = call.conversation(), await call.body()
    given = validation.obj(body, "author") or validation.required(body, "author")
    author = _author(call, conversation, given)
    type_ = validation.required(body, "type")
    if type_ not in ("conversation:read", "typing:start", "typing:stop"):
        raise bad_request("type should be equal to one of the allowed values")
    if author["type"] == "user" and type_ != "conversation:read":
        raise bad_request("Only conversation:read is allowed for an author of type user")
    if type_ == "conversation:read":
        _read(call, conversation, author)
    event = "conversation:read" if type_ == "conversation:read" else "conversation:typing"

    def payload(users: str) -> Json:
        who = serializers.author_json(call.app, author, subtypes=None, users=users)
        source = {"type": "api:conversations"}
        return {"activity": {"type": type_, "author": who, "source": source}}

    call.state.emit(call.app, event, payload, conversation=conversation)
    return {}


def _read(call: Call, conversation: Conversation, author: Json) -> None:
    now = call.state.clock.stamp()
    if author["type"] == "business":
        conversation.business_last_read = now
    for participant in conversation.participants:
        if participant.user_id == author.get("userId"):
            participant.unread, participant.last_read = 0, now
    call.state.record_change("read", call.app, conversation)


def _author(call: Call, conversation: Conversation, given: Json) -> Json:
    """Check an author and name its user by id (`userExternalId` and `brandId` are write-only)."""
    kind = validation.required(given, "type")
    if kind not in ("business", "user"):
        raise bad_request("author.type should be equal to one of the allowed values")
    user_id, external_id = given.get("userId"), given.get("userExternalId")
    author: Json = {"type": kind}
    for name, value in (
        ("displayName", validation.string(given, "displayName", limit=255, at_least=0)),
        ("avatarUrl", validation.uri(given, "avatarUrl")),
    ):
        if value:
            author[name] = value
    if kind == "business":
        if user_id is not None or external_id is not None:
            raise bad_request("author.userId is only for an author of type user")
        return author
    if (user_id is None) == (external_id is None):
        raise bad_request("author should have exactly one of userId and userExternalId")
    user = call.app.user_by(user_id=user_id, external_id=external_id)
    if user is None:
        raise not_found("User")
    if all(one.user_id != user.id for one in conversation.participants):
        status = call.app.switches.non_participant_status
        raise ApiError(status, "forbidden" if status == 403 else "bad_request",
                       "User is not a participant of the conversation")  # fmt: skip
    author["userId"] = user.id
    return author


def _subtypes(given: Json) -> list[str] | None:
    """Return the subtypes that may be sent: `AI` (Conversations API: schema `author`)."""
    value = given.get("subtypes")
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 1 or value[0] not in _SUBTYPES:
        raise bad_request("author.subtypes should have one of the allowed values")
    return list(value)


def _own_media(call: Call, conversation: Conversation, shown: Json) -> None:
    """Add type and size of an uploaded file; refuse a file of another conversation."""
    if "mediaUrl" not in shown:
        return
    parts = urlsplit(shown["mediaUrl"]).path.split("/")
    attachment = next(
        (call.state.attachments[one] for one in parts if one in call.state.attachments), None
    )
    if attachment is None or unquote(parts[-1]) != attachment.filename:
        return
    if attachment.conversation_id not in (None, conversation.id):
        raise bad_request("mediaUrl belongs to another conversation")
    shown["mediaType"] = attachment.media_type
    shown["mediaSize"] = len(attachment.data)


def _destination(body: Json, author: Json, conversation: Conversation) -> None:
    destination = validation.obj(body, "destination")
    if destination is None:
        return
    if author["type"] != "business" or conversation.type != "personal":
        raise bad_request("destination is for business authors in personal conversations")
    if ("integrationId" in destination) == ("integrationType" in destination):
        raise bad_request("destination should have one of integrationId and integrationType")


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes under the app's path."""
    one = base + "/conversations/{conversation}"
    return [
        web.post(one + "/messages", post),
        web.get(one + "/messages", list_page),
        web.delete(one + "/messages", delete_all),
        web.delete(one + "/messages/{message}", delete_one),
        web.post(one + "/activity", activity),
    ]
