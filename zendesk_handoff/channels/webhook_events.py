"""Storage of the webhook's events that belong to our sessions."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from zendesk_handoff.domain.session import Candidate
from zendesk_handoff.handover.classify import classify_event, match_session
from zendesk_handoff.settings import Connector
from zendesk_handoff.store import Store
from zendesk_handoff.store.inbox import EventBatch, NewEvent
from zendesk_handoff.zendesk.webhooks import Event, storable_id

log = structlog.get_logger(__name__)

#: A call may bring any number of events; a query takes this many ids.
_BATCH_SIZE = 1000


async def store_events(store: Store, connector: Connector, events: Sequence[Event]) -> int:
    """Store the events of our sessions; the account's other conversations are not ours.

    Args:
        store: The store.
        connector: The webhook's.
        events: The events of one call, without the plugin's own.

    Returns:
        The number of events that are stored now, by this call or by an earlier one.

    Raises:
        StoreUnavailable: Some or all of them are not stored.
    """
    stored: list[NewEvent] = []
    for start in range(0, len(events), _BATCH_SIZE):
        batch = _event_batch(connector, events[start : start + _BATCH_SIZE])
        stored += await store.inbox.store_batch(batch)
    for new in stored:
        if new.kind == "dead_letter":
            log.error(
                "handoff.webhook.unreadable",
                connector=connector.id,
                session=new.session_id,
                type=new.body["type"],
            )
    return len(stored)


def _event_batch(connector: Connector, events: Sequence[Event]) -> EventBatch:
    """Build the batch that the store classifies once it has found the events' sessions."""

    def classify(sessions: Sequence[Candidate]) -> list[NewEvent]:
        matches = ((event, match_session(event, sessions)) for event in events)
        classified = (
            classify_event(event, session, connector) for event, session in matches if session
        )
        return [new for new in classified if new is not None]

    conversations = [event.conversation for event in events]
    return EventBatch(
        connector.id,
        classify,
        conversation_ids=frozenset(storable_id(each.id) for each in conversations),
        session_ids=frozenset(
            storable_id(each.session_id) for each in conversations if each.session_id
        ),
    )
