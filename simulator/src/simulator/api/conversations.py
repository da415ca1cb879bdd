"""Conversations and their participants (Conversations API: Conversations, Participants)."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from .. import lifecycle, serializers, validation
from ..errors import bad_request, not_found
from ..ids import new_id
from ..records import App, Json, Participant, User
from .call import Call, endpoint
from .paging import cut, deep_object


def _fields(body: Json, *, refused: Sequence[str] = ()) -> Json:
    return {
        "display_name": validation.string(body, "displayName", limit=100),
        "description": validation.string(body, "description", limit=100),
        "icon_url": validation.uri(body, "iconUrl"),
        "metadata": validation.metadata(body, whose="Conversation", refused=refused),
    }


def _user(app: App, entry: Json) -> User:
    """Return the user of a participant entry, which names exactly one kind of id."""
    user_id, external_id = entry.get("userId"), entry.get("userExternalId")
    if (user_id is None) == (external_id is None):
        raise bad_request("participants should have exactly one of userId and userExternalId")
    user = app.user_by(user_id=user_id, external_id=external_id)
    if user is None:
        raise not_found("User")
    return user


@endpoint(status=201)
async def create(call: Call) -> Json:
    """Operation `CreateConversation`: `personal` has one participant, `sdkGroup` up to ten."""
    body = await call.body()
    kind = validation.required(body, "type")
    if kind not in ("personal", "sdkGroup"):
        raise bad_request("type should be equal to one of the allowed values")
    fields = _fields(body, refused=call.app.switches.refused_metadata)
    if kind == "personal" or body.get("participants") is not None:
        most = 1 if kind == "personal" else 10
        least = 1 if kind == "personal" else 0
        entries = validation.array(body, "participants", at_least=least, at_most=most)
    else:
        entries = []
    users = [_user(call.app, entry) for entry in entries]
    conversation = lifecycle.create_conversation(
        call.state, call.app, users, fields=fields, kind=kind
    )
    return {"conversation": serializers.conversation_json(call.app, conversation)}


@endpoint()
async def list_of_user(call: Call) -> Json:
    """Operation `ListConversations`, by `filter[userId]` or `filter[userExternalId]`."""
    given = deep_object(call, "filter")
    if set(given) not in ({"userId"}, {"userExternalId"}):
        raise bad_request("Invalid filter query parameters")
    user = _user(call.app, dict(given))
    found = sorted(call.app.conversations_of(user.id), key=lambda one: one.id)
    page, rest = cut(call, found)
    return {"conversations": [serializers.conversation_json(call.app, one) for one in page], **rest}


@endpoint()
async def get(call: Call) -> Json:
    """Operation `GetConversation`; shows the active and the pending integration."""
    return {"conversation": serializers.conversation_json(call.app, call.conversation())}


@endpoint()
async def update(call: Call) -> Json:
    """Operation `UpdateConversation`; whether metadata merges is a switch."""
    conversation = call.conversation()
    fields = _fields(await call.body())
    metadata = fields.pop("metadata")
    for name, value in fields.items():
        if value is not None:
            setattr(conversation, name, value)
    if metadata is not None:
        merge = call.app.switches.metadata_patch == "merge"
        conversation.metadata = {**(conversation.metadata or {}), **metadata} if merge else metadata
    call.state.record_change("conversation", call.app, conversation)
    return {"conversation": serializers.conversation_json(call.app, conversation)}


@endpoint()
async def delete(call: Call) -> Json:
    """Operation `DeleteConversation`; the default conversation cannot be deleted."""
    conversation = call.conversation()
    if conversation.is_default:
        raise bad_request(
            f"Conversation {conversation.id} cannot be deleted because it is the default."
        )
    lifecycle.remove_conversation(call.state, call.app, conversation)
    return {}


@endpoint()
async def participants(call: Call) -> Json:
    """Operation `ListParticipants`."""
    page, rest = cut(call, call.conversation().participants)
    return {"participants": [serializers.participant_json(call.app, one) for one in page], **rest}


@endpoint(status=201)
async def join(call: Call) -> Json:
    """Operation `JoinConversation`, for `sdkGroup`."""
    conversation = call.conversation()
    user = _user(call.app, await call.body())
    if conversation.type != "sdkGroup":
        raise bad_request("Only sdkGroup conversations can be joined")
    if len(conversation.participants) >= 10:
        raise bad_request("Too many participants")
    participant = Participant(new_id(), user.id)
    conversation.participants.append(participant)
    _emit_membership(call, "conversation:join", user)
    return {"participant": serializers.participant_json(call.app, participant)}


@endpoint()
async def leave(call: Call) -> Json:
    """Operation `LeaveConversation`, for `sdkGroup`; by user, external or participant id."""
    conversation, body = call.conversation(), await call.body()
    if "participantId" in body:
        known = {one.id: one.user_id for one in conversation.participants}
        body = {"userId": known.get(body["participantId"], "")}
    user = _user(call.app, body)
    staying = [one for one in conversation.participants if one.user_id != user.id]
    if len(staying) == len(conversation.participants) or conversation.type != "sdkGroup":
        raise not_found()
    conversation.participants = staying
    _emit_membership(call, "conversation:leave", user)
    return {}


def _emit_membership(call: Call, type_: str, user: User) -> None:
    # The schema of these events has the short user, whatever includeFullUser says.
    call.state.emit(
        call.app,
        type_,
        lambda _: {"user": serializers.user_short(user)},
        conversation=call.conversation(),
    )
    call.state.record_change("conversation", call.app, call.conversation())


def routes(base: str) -> list[web.RouteDef]:
    """Return the routes under the app's path."""
    one = base + "/conversations/{conversation}"
    return [
        web.post(base + "/conversations", create),
        web.get(base + "/conversations", list_of_user),
        web.get(one, get),
        web.patch(one, update),
        web.delete(one, delete),
        web.get(one + "/participants", participants),
        web.post(one + "/join", join),
        web.post(one + "/leave", leave),
    ]
