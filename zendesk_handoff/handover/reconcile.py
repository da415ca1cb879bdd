"""Asking Zendesk what its events have not told us, or not yet."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from zendesk_handoff.domain.session import EndReason, Session
from zendesk_handoff.errors import NotFound
from zendesk_handoff.handover.classify import classify_event, is_for_user
from zendesk_handoff.store import Store
from zendesk_handoff.store.inbox import NewEvent
from zendesk_handoff.zendesk import Conversation, ConversationsClient, Message
from zendesk_handoff.zendesk.webhooks import MessagePosted, storable_id

#: A page has a hundred messages (SPEC ListMessages).
_MAX_PAGES = 5
#: Seconds after the connection in which what a conversation says of its control may be older.
_SETTLING = 5.0


async def reconcile(store: Store, client: ConversationsClient, session: Session) -> None:
    """Put what an outage of ours may have hidden into the inbox: messages, and an end.

    Args:
        store: Where the inbox is; what it has already is not added again.
        client: The session's connector's.
        session: Connected and open.

    Raises:
        ConversationsError: Zendesk refused or did not answer.
        StoreUnavailable: The inbox could not be written.
    """
    try:
        # Control first: what is listed after it includes everything that was said before an end.
        conversation = await client.get_conversation(str(session.conversation_id))
        await fetch_missed(store, client, session, pages=_MAX_PAGES)
    except NotFound:
        await _add_end(store, session, EndReason.CONVERSATION_REMOVED)
        return
    if time.time() - (session.connected_at or 0.0) < _SETTLING:
        return
    if not has_agents(conversation, client):
        nobody = conversation.active_switchboard_integration is None
        await _add_end(store, session, EndReason.AGENT if nobody else EndReason.PASSED_ON)


async def fetch_missed(
    store: Store, client: ConversationsClient, session: Session, *, pages: int = 1
) -> None:
    """Put the agents' messages that no event has brought into the inbox.

    Args:
        store: Where the inbox is; what it has already is not added again.
        client: The session's connector's.
        session: Connected, or just over.
        pages: How many pages to look through at the most, newest first.

    Raises:
        ConversationsError: Zendesk refused or did not answer.
        StoreUnavailable: The inbox could not be written.
    """
    conversation = Conversation(id=str(session.conversation_id))
    said = [each for each in await _since_summary(client, session, pages) if is_for_user(each)]
    # Asked first: a long conversation is known but for its last words.
    known = await store.inbox.known(session.connector_id, [storable_id(each.id) for each in said])
    missed = []
    for message in said:
        if storable_id(message.id) in known:
            continue
        event = MessagePosted(
            id=f"listed:{message.id}"[:64],
            created_at=message.received,
            conversation=conversation,
            message=message,
        )
        kept = classify_event(event, session, client.connector)
        if kept is not None:
            missed.append(kept)
    if missed:
        await store.inbox.add(session.connector_id, missed)


def has_agents(conversation: Conversation, client: ConversationsClient) -> bool:
    """Tell whether the agents have a conversation.

    Args:
        conversation: As Zendesk describes it now; an event's idea of it may be stale.
        client: The connector's.
    """
    active = conversation.active_switchboard_integration
    return active is not None and active.is_called(client.connector.agent_workspace)


async def _since_summary(
    client: ConversationsClient, session: Session, pages: int
) -> list[Message]:
    """List the session's own messages: an account may use one conversation for many sessions."""
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
    now = time.time()
    stamp = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    end = NewEvent(
        f"reconciled:{session.id}", session.id, "end", {"reason": reason.value}, sent_at=stamp
    )
    await store.inbox.add(session.connector_id, [end])
