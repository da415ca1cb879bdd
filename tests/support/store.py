"""Sessions and leases for tests of several modules."""

from __future__ import annotations

import io
import uuid
from typing import Any

import sqlalchemy as sa

from zendesk_handoff.domain.inbox import InboxEntry
from zendesk_handoff.domain.session import Session, Step
from zendesk_handoff.settings import LimitSettings
from zendesk_handoff.store import Store
from zendesk_handoff.store.engine.schema import sessions
from zendesk_handoff.store.uploads import NewUpload, upload_id


async def request_session(
    store: Store,
    sender: str = "user",
    *,
    connector: str = "support",
    profile: dict[str, str] | None = None,
    conversation: str | None = None,
    connected: bool = False,
    channel: str = "rest",
) -> Session:
    """Request a session; this process has its lease, as if it opened it.

    Args:
        store: Where.
        sender: Rasa's id of the user.
        connector: The connector to go through.
        profile: Known facts about the user.
        conversation: Zendesk's id of the conversation, if it is created already.
        connected: Whether the agents have control already.
        channel: The Rasa channel.
    """
    session = await store.sessions.request(
        sender,
        connector,
        workspace="default",
        channel=channel,
        reason="asked",
        summary="the summary",
        profile=profile or {},
    )
    await store.leases.acquire(session.id)
    if conversation is not None:
        session = await store.sessions.finish_step(
            session.id, Step.CONVERSATION, conversation_id=conversation
        )
    return await store.sessions.connect(session.id) if connected else session


async def lease_owner(store: Store, session_id: str) -> str | None:
    """Read which process has the lease of a session."""
    query = sa.select(sessions.c.lease_owner).where(sessions.c.id == session_id)
    return (await store.database.row(query)).lease_owner


async def expire_leases(store: Store) -> None:
    """Let all leases expire, as if their processes were gone for long."""
    expired = sa.update(sessions).values(lease_expires_at=1)
    await store.database.write(lambda connection: connection.execute(expired).rowcount)


def inbox_entry(
    session_id: str, event_id: str = "e1", message_id: str | None = None, **values: Any
) -> InboxEntry:
    """Make an inbox entry of a known session: an agent's message, unless other values are given.

    Args:
        session_id: The session's id.
        event_id: Zendesk's id of the event.
        message_id: Zendesk's id of the message.
        **values: Other fields.
    """
    defaults = {"connector_id": "support", "kind": "message", "body": {}, "sent_at": "t"}
    fields = {**defaults, "event_id": event_id, "message_id": message_id, **values}
    return InboxEntry(session_id=session_id, **fields)


async def store_upload(store, sender, data, *, name="a.png", id=None, limits=None):
    """Store a file that a user has sent from the chat page, and return its id."""
    request_id = id or str(uuid.uuid4())
    upload = NewUpload(
        id=upload_id(sender, request_id),
        name=name,
        media_type="image/png",
        content=io.BytesIO(data),
        request_id=request_id,
        body={"role": "user"},
        work={"text": ""},
    )
    items = await store.uploads.add(sender, [upload], limits or LimitSettings())
    for item in items:
        await store.chat.finish_work(item)
    return upload.id
