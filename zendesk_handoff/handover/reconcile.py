"""Reconciliation with Zendesk: messages and ends that no webhook event has reported."""

from __future__ import annotations

import time
from dataclasses import replace

from zendesk_handoff.domain.inbox import InboxEntry, accepts, epoch, stamp
from zendesk_handoff.domain.session import Crossing, EndReason, Session
from zendesk_handoff.errors import NotFound
from zendesk_handoff.handover.classify import (
    classify_deletion,
    classify_event,
    is_for_user,
    is_own,
    reason_for,
)
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk import Conversation, ConversationsClient, Message
from zendesk_handoff.zendesk.events import MessagePosted
from zendesk_handoff.zendesk.models import storable_id

#: A page has 100 messages (Conversations API: `ListMessages`).
_MAX_PAGES = 5
#: Seconds after the connection in which Zendesk's data about who is in control may be stale.
CONTROL_DELAY = 5.0


async def reconcile(store: Store, client: ConversationsClient, session: Session) -> None:
    """Add to the inbox what no event may have told: messages, deletions, and the session's end.

    Args:
        store: The store; entries that the inbox has are not added again.
        client: The client of the session's connector.
        session: A session that is connected and open.

    Raises:
        ConversationsError: Zendesk answered with an error, or not at all.
        StoreUnavailable: The inbox could not be written.
    """
    try:
        # Control first: the listing that follows then has every message from before an end.
        conversation = await client.get_conversation(str(session.conversation_id))
        await fetch_missed(store, client, session, pages=_MAX_PAGES)
    except NotFound:
        await _add_end(store, session, EndReason.CONVERSATION_REMOVED)
        return
    if time.time() - (session.connected_at or 0.0) < CONTROL_DELAY:
        return
    if not has_agents(conversation, client):
        active = conversation.active_switchboard_integration
        is_ours = active is not None and is_own(active, client.connector)
        if session.is_native and not is_ours:
            # What the user has written so far was not for the bot.
            moved = {str(session.conversation_id): time.time()}
            await store.native_missed.note_control(session.connector_id, moved)
        await _add_end(store, session, reason_for(active, client.connector))


async def fetch_missed(
    store: Store, client: ConversationsClient, session: Session, *, pages: int = 1
) -> None:
    """Add the agents' messages to the inbox that no event has reported, and their deletions.

    No event reports a deletion: the listing has a placeholder in the message's place.

    Args:
        store: The store; entries that the inbox has are not added again.
        client: The client of the session's connector.
        session: A session that is connected, or has just ended.
        pages: The maximum number of pages to read, newest first.

    Raises:
        ConversationsError: Zendesk answered with an error, or not at all.
        StoreUnavailable: The inbox could not be written.
    """
    conversation = Conversation(id=str(session.conversation_id))
    messages = await _since_summary(client, session, pages)
    from_agents = [each for each in messages if is_for_user(each)]
    # Most of a long conversation is in the inbox: only the rest is classified.
    ids = [storable_id(each.id) for each in from_agents]
    known = await store.inbox.known(session.connector_id, ids)
    missed = []
    for message in from_agents:
        is_known = storable_id(message.id) in known
        if is_known and not message.is_deleted:
            continue
        event = MessagePosted(
            id=f"listed:{message.id}"[:64],
            created_at=message.received,
            conversation=conversation,
            message=message,
        )
        entry = None if is_known else classify_event(event, client.connector)
        if entry is not None and accepts(session, entry):
            missed.append(replace(entry, session_id=session.id))
        if message.is_deleted:
            deletion = classify_deletion(event, client.connector)
            missed.append(replace(deletion, session_id=session.id))
    await store.inbox.add(missed)


async def crossing_messages(
    client: ConversationsClient, session: Session, released_at: str
) -> Crossing:
    """Tell which of the user's last messages the agents had when they let go.

    A message that is sent in that instant reaches a conversation that nobody reads any more.

    Args:
        client: The client of the session's connector.
        session: A session that the agents have just ended.
        released_at: When they did, by Zendesk's clock, as the event tells it.

    Raises:
        ConversationsError: Zendesk answered with an error, or not at all.
    """
    released = epoch(released_at)
    async for page in client.message_pages(str(session.conversation_id)):
        times = [(each.marker, epoch(each.received)) for each in page if _is_by_user(each)]
        late = {marker for marker, at in times if at and released and at >= released}
        seen = {marker for marker, _ in times} - late
        return Crossing(frozenset(filter(None, seen)), frozenset(filter(None, late)))
    return Crossing()


def _is_by_user(message: Message) -> bool:
    return message.marker is not None and message.author.type == "user"


def has_agents(conversation: Conversation, client: ConversationsClient) -> bool:
    """Check whether the agents are in control of a conversation.

    Args:
        conversation: The conversation, as read from the API; an event's data may be stale.
        client: The client of its connector.
    """
    active = conversation.active_switchboard_integration
    return active is not None and active.is_called(client.connector.agent_workspace)


async def _since_summary(
    client: ConversationsClient, session: Session, pages: int
) -> list[Message]:
    """List the messages of this session: several sessions may share one conversation."""
    found: list[Message] = []
    async for page in client.message_pages(str(session.conversation_id)):
        ids = [message.id for message in page]
        if session.summary_message_id in ids:
            return page[ids.index(session.summary_message_id) + 1 :] + found
        found = page + found
        pages -= 1
        if pages == 0:
            break
    return found


async def _add_end(store: Store, session: Session, reason: EndReason) -> None:
    end = InboxEntry(
        connector_id=session.connector_id,
        event_id=f"reconciled:{session.id}",
        kind="end",
        body={"reason": reason.value},
        sent_at=stamp(time.time()),
        session_id=session.id,
    )
    await store.inbox.add([end])
