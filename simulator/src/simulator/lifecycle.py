"""Creation, removal and merging of conversations and users."""

from __future__ import annotations

from . import serializers
from .errors import ApiError
from .ids import new_id
from .records import App, Conversation, Json, Participant, User
from .state import State


def create_conversation(
    state: State, app: App, users: list[User], *, fields: Json, kind: str, reason: str = "none"
) -> Conversation:
    """Create a conversation and emit its event.

    Args:
        state: The simulator's state.
        app: The app.
        users: Who takes part.
        fields: Of the record.
        kind: `personal` or `sdkGroup`.
        reason: The `creationReason`; `none` for a conversation that the API makes.

    Raises:
        ApiError: The user has one already and may have no more (multi-conversations are off).
    """
    default = False
    if kind == "personal":
        existing = [one for one in app.conversations_of(users[0].id) if one.type == "personal"]
        if existing and not app.multi_conversations:
            switches = app.switches
            raise ApiError(
                switches.second_conversation_status,
                switches.second_conversation_code,
                "Multi-conversations are not enabled: the user already has a conversation",
            )
        default = not any(one.is_default for one in existing)
    now = state.clock.stamp()
    conversation = Conversation(
        id=new_id(),
        type=kind,
        created_at=now,
        last_updated_at=now,
        is_default=default,
        participants=[Participant(new_id(), user.id) for user in users],
        **fields,
    )
    app.conversations[conversation.id] = conversation

    def payload(size: str) -> Json:
        show = serializers.user_json if size == "full" else serializers.user_short
        personal = {"user": show(users[0])} if kind == "personal" else {}
        source = {"type": conversation.source_type}
        return {"creationReason": reason, "source": source} | personal

    state.emit(app, "conversation:create", payload, conversation=conversation)
    state.record_change("conversation", app, conversation)
    return conversation


def remove_conversation(state: State, app: App, conversation: Conversation) -> None:
    """Remove a conversation with its messages and attachments."""
    app.conversations.pop(conversation.id, None)
    for attachment in list(state.attachments.values()):
        if attachment.conversation_id == conversation.id:
            del state.attachments[attachment.id]
    state.emit(app, "conversation:remove", lambda _: {}, conversation=conversation)
    state.record_change("conversation", app, conversation)


def remove_user(state: State, app: App, user: User) -> None:
    """Remove a user and the user's personal conversations."""
    for conversation in app.conversations_of(user.id):
        if conversation.type == "personal":
            remove_conversation(state, app, conversation)
        else:
            conversation.participants = [
                one for one in conversation.participants if one.user_id != user.id
            ]
    del app.users[user.id]
    if user.external_id is not None:
        del app.user_by_external_id[user.external_id]
    state.emit(app, "user:remove", lambda _: {"user": serializers.user_short(user)})
    state.record_change("user", app)


def merge_users(
    state: State, app: App, *, surviving: User, discarded: User, conversations: bool = False
) -> None:
    """Merge two users: metadata and conversations move to the surviving one.

    Args:
        state: The simulator's state.
        app: The app of both.
        surviving: The user to keep.
        discarded: The user to remove; its ids are unknown from then on.
        conversations: Merge the default conversations into one as well, as happens without
            multi-conversations.
    """
    rest: Json = {
        "mergedUsers": {
            "surviving": serializers.user_json(surviving),
            "discarded": serializers.user_json(discarded),
        },
        "reason": "api",
    }
    if discarded.metadata:
        rest["discardedMetadata"] = dict(discarded.metadata)
    surviving.metadata = {**discarded.metadata, **surviving.metadata}
    kept = next((one for one in app.conversations_of(surviving.id) if one.is_default), None)
    for conversation in app.conversations_of(discarded.id):
        if conversations and kept and conversation.is_default:
            both = [("surviving", kept), ("discarded", conversation)]
            rest["mergedConversations"] = {
                name: serializers.conversation_short(app, one, brand_id=app.switches.brand_id)
                for name, one in both
            }
            messages = [*kept.messages, *conversation.messages]
            kept.messages = sorted(messages, key=lambda message: message.id)
            del app.conversations[conversation.id]
            continue
        conversation.is_default = conversation.is_default and kept is None
        for participant in conversation.participants:
            if participant.user_id == discarded.id:
                participant.user_id = surviving.id
    del app.users[discarded.id]
    if discarded.external_id is not None:
        del app.user_by_external_id[discarded.external_id]
    state.emit(app, "user:merge", lambda _: rest)
    state.record_change("user", app)
