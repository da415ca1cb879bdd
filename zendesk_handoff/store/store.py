"""The store as a whole."""

from __future__ import annotations

import time
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import Session
from zendesk_handoff.store.chat import Chat
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.signals import Signals
from zendesk_handoff.store.engine.statement import Statement
from zendesk_handoff.store.inbox import Inbox
from zendesk_handoff.store.leases import Leases
from zendesk_handoff.store.maintenance import Maintenance
from zendesk_handoff.store.outbox import Outbox
from zendesk_handoff.store.pending import FREE, LOST, PendingMessages
from zendesk_handoff.store.reports import Reports
from zendesk_handoff.store.sessions import CURRENT, Sessions, current_session

#: Asked for every message of every user, of whom hardly any has either.
_STATE = Statement(sa.select(CURRENT.exists().label("session"), FREE.exists().label("pending")))


class Store:
    """Sessions, and what goes to and fro in them.

    Args:
        database: An opened database.
        owner: Names this process among those who share the store; made up by default.
        lease: Seconds a claim on a session holds without being renewed.
    """

    def __init__(self, database: Database, *, owner: str | None = None, lease: float = 10.0):
        """Put the parts together."""
        self._database = database
        self.leases = Leases(database, owner=owner, lease=lease)
        self.sessions = Sessions(database, owner=self.leases.owner, lease=lease)
        self.outbox = Outbox(database)
        self.inbox = Inbox(database)
        self.pending = PendingMessages(database)
        self.chat = Chat(database)
        self.reports = Reports(database)
        self.maintenance = Maintenance(database)

    async def load_state(self, sender_id: str) -> tuple[Session | None, bool]:
        """Say how a sender stands, for each of their messages.

        Args:
            sender_id: Rasa's id of the user.

        Returns:
            The session between them and the bot, open or just over, and whether something that
            they have not heard yet is pending.
        """
        lost = time.time() - LOST

        def look(connection: Connection) -> tuple[Session | None, bool]:
            has = _STATE.first(connection, sender=sender_id, lost=lost)
            return current_session(connection, sender_id) if has.session else None, has.pending

        return await self._database.read(look)

    @property
    def signals(self) -> Signals:
        """Who is woken by what."""
        return self._database.signals

    async def close(self) -> None:
        """Finish what is being written and let go of the database."""
        await self._database.close()

    async def __aenter__(self) -> Store:
        """Use the store for the length of a block."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.close()


async def open_store(url: str, *, owner: str | None = None, lease: float = 10.0) -> Store:
    """Open the store, and bring its tables up to date.

    Args:
        url: ``sqlite:///file`` or ``postgresql://host/database``.
        owner: Names this process among those who share the store.
        lease: Seconds a claim on a session holds without being renewed.

    Raises:
        StoreUnavailable: The database cannot be reached.
        IncompatibleSchema: It is of a newer version, or another program's.
    """
    database = Database(url)
    await database.open()
    return Store(database, owner=owner, lease=lease)
