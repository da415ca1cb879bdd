"""Ends that Zendesk has reported: whether they end the session, and what crossed them in flight."""

from __future__ import annotations

import structlog

from zendesk_handoff.domain.inbox import epoch
from zendesk_handoff.domain.session import Crossing, EndReason, Session, State
from zendesk_handoff.errors import NotFound, StoreUnavailable
from zendesk_handoff.handover.classify import IS_OFFERED
from zendesk_handoff.handover.end_at_zendesk import accept_offer
from zendesk_handoff.handover.reconcile import crossing_messages, has_agents
from zendesk_handoff.handover.ticket_events import OF_TICKET
from zendesk_handoff.logs import describe_error
from zendesk_handoff.store import Store
from zendesk_handoff.store.inbox import Incoming
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)


class EndsByZendesk:
    """Processes the ends in the inboxes of sessions.

    Args:
        store: The store.
        clients: The Conversations API clients.
    """

    def __init__(self, store: Store, clients: Clients) -> None:
        """Keep the collaborators."""
        self._store = store
        self._clients = clients

    async def process(self, session: Session, event: Incoming) -> None:
        """End a session if an event does, and record that the event is done.

        Args:
            session: As last read; this process has its lease.
            event: Of the kind ``end``.

        Raises:
            ConversationsError: Zendesk is asked and does not answer; the event stays where it is.
        """
        if await self._is_an_end(session, event):
            await self._end(session, event)
        await self._store.inbox.finish(event)

    async def _end(self, session: Session, event: Incoming) -> None:
        if event.body.get(IS_OFFERED):
            client = self._clients.interactive(session.connector_id)
            if client is not None:
                await accept_offer(client, session)
        crossing = await self._crossing(session, event)
        is_of_ticket = bool(event.body.get(OF_TICKET))
        if is_of_ticket and crossing.unseen:
            # The user's message has opened the ticket again: the agents have it.
            log.info("handoff.ticket.reopened", session=session.id)
            return
        reason = EndReason(event.body["reason"])
        await self._store.sessions.end(session.id, reason, crossing=crossing, releases=is_of_ticket)

    async def _crossing(self, session: Session, event: Incoming) -> Crossing:
        """Find the user's messages that have crossed the end in flight."""
        client = self._clients.interactive(session.connector_id)
        if client is not None and session.conversation_id is not None:
            try:
                return await crossing_messages(client, session, event.sent_at)
            except StoreUnavailable:
                raise
            except NotFound:
                pass
            except Exception as error:
                if event.body.get(OF_TICKET):
                    raise  # the ticket may be open again, which only Zendesk knows
                log.warning(
                    "handoff.listing.failed", session=session.id, error=describe_error(error)
                )
        return Crossing(released_at=epoch(event.sent_at))

    async def _is_an_end(self, session: Session, event: Incoming) -> bool:
        """Tell whether an event ends a session that is open."""
        was_not_passed = event.body["reason"] == EndReason.NOT_PASSED
        if not session.state.is_open or (was_not_passed and session.state is State.ACTIVE):
            return False  # of an active one something else was not passed: an agent has it
        if event.body.get(OF_TICKET):
            return True  # it names this session, and no other of the conversation
        # An end may be older than the session: a conversation may have several.
        sent_at = epoch(event.sent_at)
        may_be_older = sent_at is not None and sent_at < (session.connected_at or 0.0)
        if (may_be_older or was_not_passed) and await self._have_agents_it(session):
            return False
        if was_not_passed:
            log.error(
                "handoff.control.not_passed",
                session=session.id,
                connector=session.connector_id,
                error=event.body["error"],
                meaning="Zendesk did not give the conversation to the agents; check "
                "`agent_workspace`, or run `zendesk-handoff check --online`",
            )
        return True

    async def _have_agents_it(self, session: Session) -> bool:
        """Ask Zendesk whether the agents have the conversation."""
        client = self._clients.interactive(session.connector_id)
        if client is None:
            return False
        # Where Zendesk does not answer, the event stays in the inbox until the next poll.
        try:
            conversation = await client.get_conversation(str(session.conversation_id))
        except NotFound:
            return False  # a removed conversation has no agents
        return has_agents(conversation, client)
