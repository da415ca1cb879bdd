"""Conversations and users come and go: creation, removal, merging."""

from __future__ import annotations

from . import shapes
from .errors import ApiError
from .ids import new_id
from .records import App, Conversation, Json, Participant, User
from .world import World


def create_conversation(
    world: World, app: App, users: list[User], *, fields: Json, kind: str
) -> Conversation:
    """Create a conversation and tell the webhooks.

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
    now = world.clock.stamp()
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
        show = shapes.user_json if size == "full" else shapes.user_short
        personal = {"user": show(users[0])} if kind == "personal" else {}
        return {"creationReason": "none", "source": {"type": "api:conversations"}} | personal

    world.emit(app, "conversation:create", payload, conversation=conversation)
    world.note("conversation", app, conversation)
    return conversation


def remove_conversation(world: World, app: App, conversation: Conversation) -> None:
    """Remove a conversation with its messages and attachments."""
    app.conversations.pop(conversation.id, None)
    for attachment in list(world.attachments.values()):
        if attachment.conversation_id == conversation.id:
            del world.attachments[attachment.id]
    world.emit(app, "conversation:remove", lambda _: {}, conversation=conversation)
    world.note("conversation", app, conversation)


def remove_user(world: World, app: App, user: User) -> None:
    """Remove a user and the conversations that were only theirs."""
    for conversation in app.conversations_of(user.id):
        if conversation.type == "personal":
            remove_conversation(world, app, conversation)
        else:
            conversation.participants = [
                one for one in conversation.participants if one.user_id != user.id
            ]
    del app.users[user.id]
    if user.external_id is not None:
        del app.user_by_external_id[user.external_id]
    world.emit(app, "user:remove", lambda _: {"user": shapes.user_short(user)})
    world.note("user", app)


def merge_users(
    world: World, app: App, *, surviving: User, discarded: User, conversations: bool = False
) -> None:
    """Merge two users; what the discarded one had goes to the surviving one.

    Args:
        world: Where the event goes.
        app: Their app.
        surviving: Stays.
        discarded: Goes; its ids are unknown from then on.
        conversations: Merge the default conversations into one as well, as happens without
            multi-conversations.
    """
    rest: Json = {
        "mergedUsers": {
            "surviving": shapes.user_json(surviving),
            "discarded": shapes.user_json(discarded),
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
                name: shapes.conversation_short(app, one, brand_id=app.switches.brand_id)
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
    world.emit(app, "user:merge", lambda _: rest)
    world.note("user", app)
