"""Ends that triggers report of a ticket, and the reference by which they name the session."""

from __future__ import annotations

from typing import Any

from zendesk_handoff.domain.inbox import InboxEntry, stamp
from zendesk_handoff.domain.session import EndReason, Session
from zendesk_handoff.domain.ticket import Ticket
from zendesk_handoff.settings import Connector
from zendesk_handoff.settings.native import NOTE
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.ticket_events import TAG_PREFIX, TicketEvent

_REASONS = {"solved": EndReason.SOLVED, "closed": EndReason.TICKET_CLOSED}
#: In the body of an end: whether a trigger has reported it of the ticket. Control does not move
#: with a ticket's status, so that the agents still have the conversation.
OF_TICKET = "of_ticket"


def reference_part(connector: Connector, session: Session) -> Ticket:
    """Make the part of a ticket by which it names the session: a field, or a tag.

    Triggers call with it; and the ticket of a native conversation is found by it, in which no
    message need be the user's.

    Args:
        connector: The session's.
        session: The session.
    """
    has_note = session.is_native and connector.summary_to == NOTE and connector.support_token
    if not session.reference or not (connector.signing_secrets or has_note):
        return Ticket()
    if connector.session_field:
        return Ticket(fields={connector.session_field: session.reference})
    return Ticket(tags=(TAG_PREFIX + session.reference,))


async def store_ticket_event(
    store: Store, connector: Connector, event: TicketEvent
) -> list[InboxEntry]:
    """Store the end of the open sessions that a call names.

    Args:
        store: The store; what it has is committed when this returns.
        connector: The connector of the call's address.
        event: Of the call.

    Returns:
        What is stored; nothing if the event ends no session.

    Raises:
        StoreUnavailable: It is not stored.
    """
    reason = _REASONS.get(event.kind)
    if reason is None or event.kind not in connector.end_on:
        return []
    body: dict[str, Any] = {"reason": reason.value, OF_TICKET: True}
    entries = [
        InboxEntry(
            connector_id=connector.id,
            event_id=f"ticket:{event.id}:{number}",
            kind="end",
            body=body,
            sent_at=stamp(event.at),
            session_id=session.id,
        )
        for number, session in enumerate(
            await store.sessions.by_reference(connector.id, event.references)
        )
        if session.is_open
    ]
    return await store.inbox.add(entries)
