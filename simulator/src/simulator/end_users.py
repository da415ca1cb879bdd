"""The user's side of conversations on Zendesk's own channels: widget, WhatsApp and the like.

A message has the channel as its `source.type` (Conversations API: schema `source`). Buttons come
back as their schemas say: `reply` as a message with its payload, `postback` as an event.
"""

from __future__ import annotations

from . import chat, lifecycle, serializers, switchboard
from .errors import ApiError, bad_request
from .ids import new_id
from .records import App, Conversation, Json, Message, User
from .state import State

SOURCES = ("web", "ios", "android", "whatsapp", "messenger", "instagram", "telegram", "line")


def begin(state: State, app: App, description: Json) -> Conversation:
    """Begin a conversation as a user: `source`, `name`, `email`, `locale`, `external_id`, `reason`.

    Raises:
        ApiError: The user may have no more conversations, or the channel is unknown.
    """
    source = description.get("source") or "web"
    if source not in SOURCES:
        raise bad_request(f"source should be one of {', '.join(SOURCES)}")
    user = _user(state, app, description)
    return lifecycle.create_conversation(
        state,
        app,
        [user],
        fields={"source_type": source},
        kind="personal",
        reason=description.get("reason") or "message",
    )


def write(
    state: State,
    app: App,
    conversation: Conversation,
    content: Json,
    *,
    metadata: Json | None = None,
) -> Message:
    """Send a message as the user."""
    user = user_of(app, conversation)
    name = " ".join(
        str(user.profile[one]) for one in ("givenName", "surname") if user.profile.get(one)
    )
    author = {"type": "user", "userId": user.id} | ({"displayName": name} if name else {})
    return chat.post(
        state,
        app,
        conversation,
        author=author,
        content=content,
        source=_source(conversation),
        metadata=metadata,
    )


def press(state: State, app: App, conversation: Conversation, message_id: str, label: str) -> None:
    """Press a button of a message, by its label.

    Raises:
        ApiError: There is no such button, or it sends nothing.
    """
    message = next((one for one in conversation.messages if one.id == message_id), None)
    holders = [message.content, *message.content.get("items", [])] if message else []
    actions = [action for one in holders for action in one.get("actions") or []]
    action = next((one for one in actions if one.get("text") == label), None)
    if action is None or action["type"] not in ("reply", "postback"):
        raise ApiError(404, "not_found", "There is no such button")
    if action["type"] == "reply":
        content = {"type": "text", "text": label, "payload": action["payload"]}
        write(state, app, conversation, content, metadata=action.get("metadata"))
        return
    switchboard.assign_default(app, conversation)
    postback = {"payload": action["payload"]}
    if action.get("metadata"):
        postback["metadata"] = dict(action["metadata"])
    _emit(state, app, conversation, "conversation:postback", {"postback": postback})
    if app.settings.get("echoPostback"):
        write(state, app, conversation, {"type": "text", "text": label})


def submit(
    state: State, app: App, conversation: Conversation, message_id: str, answers: Json
) -> None:
    """Answer a form, by the names of its fields.

    Raises:
        ApiError: There is no such form, or it was answered before.
    """
    message = next((one for one in conversation.messages if one.id == message_id), None)
    if message is None or message.content["type"] != "form" or message.content.get("submitted"):
        raise ApiError(404, "not_found", "There is no such form")
    message.content["submitted"] = True
    fields = []
    for field in message.content["fields"]:
        value = answers.get(field["name"], "")
        if field["type"] == "select":
            value = [one for one in field.get("options", []) if value in one.values()]
        one = {"type": field["type"], "name": field["name"], "label": field["label"]}
        fields.append(one | {field["type"]: value})
    lines = [f"{one['label']}: {_shown(one)}" for one in fields]
    content = {"type": "formResponse", "fields": fields, "textFallback": "\n".join(lines)}
    write(state, app, conversation, content)


def refer(state: State, app: App, conversation: Conversation, code: str) -> None:
    """Come through a link (`conversation:referral`)."""
    switchboard.assign_default(app, conversation)
    _emit(state, app, conversation, "conversation:referral", {"referral": {"code": code}})


def user_of(app: App, conversation: Conversation) -> User:
    """Return the user of a personal conversation.

    Raises:
        ApiError: It has none.
    """
    for participant in conversation.participants:
        if participant.user_id in app.users:
            return app.users[participant.user_id]
    raise ApiError(409, "conflict", "The conversation has no user")


def _shown(field: Json) -> str:
    value = field[field["type"]]
    return ", ".join(one["label"] for one in value) if isinstance(value, list) else str(value)


def _source(conversation: Conversation) -> Json:
    return {"type": conversation.source_type, "integrationId": conversation.id}


def _emit(state: State, app: App, conversation: Conversation, type_: str, rest: Json) -> None:
    user = user_of(app, conversation)

    def payload(size: str) -> Json:
        show = serializers.user_json if size == "full" else serializers.user_short
        return {"user": show(user), "source": _source(conversation)} | rest

    state.emit(app, type_, payload, conversation=conversation)


def _user(state: State, app: App, description: Json) -> User:
    external_id = description.get("external_id")
    existing = app.find_user(str(external_id)) if external_id else None
    if existing is not None:
        return existing
    given, _, surname = str(description.get("name") or "").partition(" ")
    profile = {
        "givenName": given,
        "surname": surname,
        "email": description.get("email"),
        "locale": description.get("locale"),
    }
    user = User(
        id=new_id(),
        external_id=external_id,
        signed_up_at=state.clock.stamp(),
        profile={name: value for name, value in profile.items() if value},
        authenticated=external_id is not None,
    )
    app.users[user.id] = user
    if external_id is not None:
        app.user_by_external_id[external_id] = user.id
    state.record_change("user", app)
    return user
