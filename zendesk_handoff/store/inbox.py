"""The inbox: events from Zendesk, stored before the webhook call is acknowledged, and notices."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.inbox import InboxEntry, SessionIndex
from zendesk_handoff.domain.session import Session
from zendesk_handoff.store.deliveries import add_failure_note, outcome_of
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.schema import inbox, pending_messages, sessions
from zendesk_handoff.store.engine.statement import Statement, new_rows
from zendesk_handoff.store.pending import insert_pending, parts_of, was_given
from zendesk_handoff.store.session_rows import candidates
from zendesk_handoff.store.topics import inbox_topic, outbox_topic

#: A call of the webhook may bring any number of events; a query takes this many ids.
_BATCH_SIZE = 1000

# Module constants, because building a statement costs more than running it.
_INSERT = new_rows(
    inbox,
    *("connector_id", "event_id", "message_id", "session_id", "kind", "body", "sent_at"),
    *("state", "media_token", "created_at"),
)
_DONE = Statement(
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("event"))
    .values(state=sa.bindparam("outcome"), done_at=sa.bindparam("now"))
)
_AGENT_SPOKE = Statement(
    sa.update(sessions)
    .where(sessions.c.id == sa.bindparam("spoken_in"))
    .values(
        agent_spoke_at=sa.bindparam("now"),
        # What was offered before is no longer open: "2" may now be a number.
        choices=sa.bindparam("choices", type_=sa.JSON(none_as_null=True)),
    )
)
_WAITING = Statement(
    sa.select(inbox)
    .where(inbox.c.session_id == sa.bindparam("session"), inbox.c.state == "new")
    .order_by(inbox.c.kind == "end", inbox.c.sent_at, inbox.c.id)
)
_IS_WAITING = Statement(
    sa.select(inbox.c.id).where(inbox.c.id == sa.bindparam("event"), inbox.c.state == "new")
)
#: The fields of a message's body that its deletion empties.
_WITHDRAWN = {
    **{"kind": "text", "text": "", "buttons": (), "cards": (), "is_deleted": True},
    **dict.fromkeys(("media_url", "media_name", "media_type", "media_size")),
}


@dataclass(frozen=True)
class Incoming:
    """A stored event of a session, or a notice.

    Args:
        id: The row's id.
        session_id: The session's id.
        kind: ``message``, ``deletion`` of one, ``end`` or ``notice``.
        body: The data of an event of this kind.
        sent_at: The time by Zendesk's clock, ISO 8601; empty for a notice.
        media_token: The secret part of the URL under which a file is served.
        created_at: The time of storing, in seconds since the epoch.
    """

    id: int
    session_id: str
    kind: str
    body: Mapping[str, Any] = field(repr=False)
    sent_at: str = ""
    media_token: str | None = field(default=None, repr=False)
    created_at: float = 0.0


class Inbox:
    """The table ``inbox``: messages and events for the user."""

    def __init__(self, database: Database) -> None:
        """Use a database."""
        self._database = database

    async def add(self, entries: Sequence[InboxEntry]) -> list[InboxEntry]:
        """Store entries; they are committed when this returns.

        On SQLite, calls that arrive while the store is busy share one query, insert and commit.

        Args:
            entries: Any number. One without a session id is stored if there is a session that
                accepts it. An event, or a message, that is stored already is left alone.

        Returns:
            Those that are stored, now or earlier, with the ids of their sessions.

        Raises:
            StoreUnavailable: Some or all of them are not stored.
        """
        stored: list[InboxEntry] = []
        for start in range(0, len(entries), _BATCH_SIZE):
            stored += await self._database.write_together(
                _add_all,
                entries[start : start + _BATCH_SIZE],
                wake=lambda added: {inbox_topic(entry.session_id) for entry in added},
            )
        return stored

    async def waiting(self, session_id: str) -> list[Incoming]:
        """Read the undelivered events in order: messages by Zendesk's clock, the end after them."""
        rows = await self._database.read(
            lambda connection: _WAITING.rows(connection, session=session_id)
        )
        return [_incoming(row) for row in rows]

    async def is_waiting(self, event: Incoming) -> bool:
        """Tell whether an event is still to be delivered."""
        row = await self._database.read(
            lambda connection: _IS_WAITING.first(connection, event=event.id)
        )
        return row is not None

    async def known(self, connector_id: str, message_ids: Sequence[str]) -> set[str]:
        """Tell which of Zendesk's messages are stored, delivered or not.

        Args:
            connector_id: The messages' connector.
            message_ids: Zendesk's ids.
        """
        if not message_ids:
            return set()
        query = sa.select(inbox.c.message_id).where(
            inbox.c.connector_id == connector_id, inbox.c.message_id.in_(message_ids)
        )
        return {row.message_id for row in await self._database.rows(query)}

    async def finish(
        self,
        event: Incoming,
        *,
        by_agent: bool = False,
        is_confirmed: bool = True,
        choices: Sequence[Mapping[str, str]] = (),
    ) -> bool:
        """Record that an event is done, or a message sent.

        Args:
            event: The event.
            by_agent: Whether it was an agent's message, which the user's channel has taken.
            is_confirmed: Whether the channel has confirmed the delivery; if not, it may do so
                later.
            choices: What the message offers to choose from, if anything.

        Returns:
            Whether the channel has confirmed the delivery, now or meanwhile.
        """
        now = time.time()
        outcome = "done" if is_confirmed else "sent"

        def work(connection: Connection) -> str:
            _DONE.run(connection, [{"event": event.id, "now": now, "outcome": outcome}])
            # The event's row is locked now: a report on its parts came before, or comes after.
            found = outcome if is_confirmed else outcome_of(connection, event.id)
            if found == "sent" and was_given(connection, event.id):
                found = "done"
            if found != outcome:
                _DONE.run(connection, [{"event": event.id, "now": now, "outcome": found}])
            offered = [dict(each) for each in choices] or None
            if by_agent:
                spoke = {"spoken_in": event.session_id, "now": now, "choices": offered}
                _AGENT_SPOKE.run(connection, [spoke])
            elif offered:
                connection.execute(
                    sa.update(sessions)
                    .where(sessions.c.id == event.session_id)
                    .values(choices=offered)
                )
            return found

        return await self._database.write(work) == "done"

    async def refuse(
        self,
        event: Incoming,
        *,
        reason: str,
        sender_id: str,
        pending: Sequence[tuple[str, Mapping[str, Any]]],
    ) -> None:
        """Record that the user's channel has refused a message for good, and tell the agent.

        Args:
            event: An agent's message; it waits for the user's next message.
            reason: Words for the agent.
            sender_id: The user.
            pending: The message's parts, as output channels take them, each with its key.
        """
        now = time.time()

        def work(connection: Connection) -> None:
            _DONE.run(connection, [{"event": event.id, "now": now, "outcome": "failed"}])
            for key, body in pending:
                insert_pending(connection, sender_id, body, key=key)
            add_failure_note(connection, event.session_id, reason)

        await self._database.write(work, wake=[outbox_topic(event.session_id)])

    async def was_shown(self, session: Session, message_id: str) -> bool:
        """Tell whether a user may have seen a message: it is neither waiting nor pending.

        Args:
            session: The user's.
            message_id: Zendesk's id.
        """

        def work(connection: Connection) -> bool:
            row = connection.execute(_message(session.connector_id, message_id)).first()
            if row is None or row.state == "new" or row.body.get("is_deleted"):
                return False
            pending = sa.select(pending_messages.c.id).where(
                *parts_of(session.sender_id, f"zendesk:{message_id}")
            )
            return connection.execute(pending.limit(1)).first() is None

        return await self._database.read(work)

    async def withdraw(self, event: Incoming, session: Session) -> None:
        """Remove the content of a message that an agent has deleted, wherever it is stored.

        Args:
            event: The deletion, which is done with this.
            session: The user's.
        """
        message_id = str(event.body["message_id"])
        now = time.time()

        def work(connection: Connection) -> None:
            row = connection.execute(_message(session.connector_id, message_id)).first()
            if row is not None:
                body = {**row.body, **_WITHDRAWN}
                values: dict[str, Any] = {"body": body, "media_token": None}
                if row.state == "new":
                    values |= {"state": "done", "done_at": now}
                connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(values))
            connection.execute(
                sa.delete(pending_messages).where(
                    *parts_of(session.sender_id, f"zendesk:{message_id}")
                )
            )
            _DONE.run(connection, [{"event": event.id, "now": now, "outcome": "done"}])

        await self._database.write(work)

    async def messages(self, session_id: str) -> list[Incoming]:
        """Read all messages of a session to the user, in the order of Zendesk's clock."""
        query = (
            sa.select(inbox)
            .where(inbox.c.session_id == session_id, inbox.c.kind == "message")
            .order_by(inbox.c.sent_at, inbox.c.id)
        )
        return [_incoming(row) for row in await self._database.rows(query)]

    async def by_media_token(self, token: str) -> Incoming | None:
        """Find the message whose file is served under a media token."""
        query = sa.select(inbox).where(inbox.c.media_token == token)
        row = await self._database.row(query)
        return _incoming(row) if row else None


def _add_all(
    connection: Connection, calls: Sequence[Sequence[InboxEntry]]
) -> list[list[InboxEntry]]:
    """Find the sessions of all calls' entries at once, and store the entries that they accept."""
    unassigned = [entry for entries in calls for entry in entries if not entry.session_id]
    index = SessionIndex(
        candidates(
            connection,
            conversation_ids={entry.conversation_id for entry in unassigned},
            session_ids={entry.created_for for entry in unassigned if entry.created_for},
        )
    )
    assigned = [index.assign(entries) for entries in calls]
    now = time.time()
    _INSERT.run(connection, [_row(entry, now) for entries in assigned for entry in entries])
    return assigned


def _message(connector_id: str, message_id: str) -> Any:
    return sa.select(inbox.c.id, inbox.c.body, inbox.c.state).where(
        inbox.c.connector_id == connector_id, inbox.c.message_id == message_id
    )


def _row(entry: InboxEntry, now: float) -> dict[str, Any]:
    return {
        "connector_id": entry.connector_id,
        "event_id": entry.event_id,
        "message_id": entry.message_id,
        "session_id": entry.session_id,
        "kind": entry.kind,
        "body": entry.body,
        "sent_at": entry.sent_at,
        "state": "dead" if entry.kind == "dead_letter" else "new",
        "media_token": entry.media_token,
        "created_at": now,
    }


def _incoming(row: Any) -> Incoming:
    return Incoming(
        row.id, row.session_id, row.kind, row.body, row.sent_at, row.media_token, row.created_at
    )
