"""Fields that are set on a ticket afterwards, where Zendesk has not taken them by itself.

It takes them when it makes a ticket, and not from a handover into one that exists. The Support API
can set them then, if the connector has a token for it. It also writes the summary of a native
conversation into an internal note: in the conversation itself the user would read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from zendesk_handoff.domain.session import Session
from zendesk_handoff.domain.ticket import Ticket, join
from zendesk_handoff.domain.untrusted_text import harmless
from zendesk_handoff.errors import ConversationsError
from zendesk_handoff.handover.ticket_events import reference_part
from zendesk_handoff.settings import Settings
from zendesk_handoff.settings.native import NOTE
from zendesk_handoff.store import Store
from zendesk_handoff.zendesk.clients import Clients

log = structlog.get_logger(__name__)

#: Sessions that are looked at in one go, one after the other.
_BATCH = 8
#: Seconds after which a ticket is looked for again that is not there yet.
_AGAIN_AFTER = 15.0
#: Seconds in which it is looked for, since there is something to set.
_GIVE_UP_AFTER = 600.0
#: Characters of the session's id by which the summary's note is recognised.
_MARK = 12


class TicketUpdates:
    """Sets the fields of tickets, each by one process.

    Args:
        store: The store.
        settings: The plugin's.
        clients: The clients.
        clock: Returns the time in seconds since the epoch.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clients: Clients,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep the collaborators."""
        self._store = store
        self._clients = clients
        self._clock = clock
        self._connectors = [
            each.id for each in settings.connectors.values() if each.support_token is not None
        ]

    async def look(self) -> None:
        """Set the fields of all tickets that are due.

        Raises:
            StoreUnavailable: It is done with the next look.
        """
        if not self._connectors:
            return
        now = self._clock()
        again_at = now + _AGAIN_AFTER
        due = await self._store.tickets.claim(
            self._connectors, now=now, again_at=again_at, limit=_BATCH
        )
        for session in due:
            try:
                is_done = await self._set(session)
            except ConversationsError as error:
                is_done = not error.retryable
                if is_done:
                    self._give_up(session, str(error))
            since = session.ticket_since or session.connected_at or 0.0
            if not is_done and since + _GIVE_UP_AFTER < now:
                self._give_up(session, "Zendesk shows no ticket of the user that is this one.")
                is_done = True
            if is_done:
                await self._store.tickets.finish(session.id, claimed_until=again_at)

    async def _set(self, session: Session) -> bool:
        """Set the fields of a session's ticket; return whether it was found."""
        client = self._clients.interactive(session.connector_id)
        support = self._clients.support(session.connector_id)
        assert client is not None and support is not None, "only such sessions are claimed"
        reference = reference_part(client.connector, session)
        message_id = session.summary_message_id
        if session.user_id is None or not (message_id or reference != Ticket()):
            self._give_up(session, "Nothing is known by which the ticket could be found.")
            return True
        user = await client.get_user(session.user_id)
        if user.zendesk_id is None:
            return False
        ticket = await support.find_ticket(user.zendesk_id, message_id, reference=reference)
        if ticket is None:
            return False
        # As the conversation's metadata has it, with which the ticket is compared.
        wanted = Ticket.from_json(harmless(session.ticket))
        if session.is_open:
            # Of one that is over it would replace that of the next one in the same ticket.
            wanted = join([wanted, reference])
        update, about = await support.update(ticket, wanted), _about(session)
        if update.refused:
            log.warning("handoff.ticket.value_refused", **about, fields=sorted(update.refused))
        if update.has_set:
            log.info("handoff.ticket.set", **about)
        if session.is_native and client.connector.summary_to == NOTE and session.summary:
            mark = f"[{session.id[:_MARK]}]"
            if await support.add_note(ticket, f"{session.summary}\n\n{mark}", mark=mark):
                log.info("handoff.note.added", **about)
        return True

    @staticmethod
    def _give_up(session: Session, problem: str) -> None:
        log.error(
            "handoff.ticket.not_set",
            **_about(session),
            problem=problem,
            meaning="the agents have the conversation; fields may be missing in its ticket",
        )


def _about(session: Session) -> dict[str, str]:
    return {"session": session.id, "connector": session.connector_id}
