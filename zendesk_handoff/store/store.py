"""The store: one object with all tables, and how to open it."""

from __future__ import annotations

import time
from types import TracebackType

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.domain.session import Session
from zendesk_handoff.errors import HandoffError, StoreMissing, StoreUnavailable
from zendesk_handoff.settings import TAKEOVER_AFTER
from zendesk_handoff.store.chat import Chat
from zendesk_handoff.store.daily_users import DailyUsers
from zendesk_handoff.store.deliveries import Deliveries
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.migrate import migrate_existing
from zendesk_handoff.store.engine.signals import Signals
from zendesk_handoff.store.engine.statement import Statement
from zendesk_handoff.store.events_heard import EventsHeard
from zendesk_handoff.store.inbox import Inbox
from zendesk_handoff.store.leases import Leases
from zendesk_handoff.store.maintenance import Maintenance
from zendesk_handoff.store.native import Native
from zendesk_handoff.store.native_missed import NativeMissed
from zendesk_handoff.store.outbox import Outbox
from zendesk_handoff.store.pending import CLAIM_EXPIRES, PendingMessages, claimable
from zendesk_handoff.store.personal_data import PersonalData
from zendesk_handoff.store.probes import Probes
from zendesk_handoff.store.ratings import Ratings
from zendesk_handoff.store.reports import Reports
from zendesk_handoff.store.requests import Requests
from zendesk_handoff.store.session_rows import current_of_sender, read_session
from zendesk_handoff.store.sessions import Sessions
from zendesk_handoff.store.tickets import Tickets
from zendesk_handoff.store.uploads import Uploads
from zendesk_handoff.store.waits import Waits
from zendesk_handoff.store.work import WorkTable

_HAS_PENDING = claimable.exists().label("pending")
#: A sender's session, and whether pending messages wait; and the latter without a session.
_STATE = Statement(current_of_sender.add_columns(_HAS_PENDING))
_PENDING = Statement(sa.select(_HAS_PENDING))


class Store:
    """Sessions, their messages in both directions, and the leases of the processes.

    Attributes:
        database: The database below; for maintenance and tests, beside the tables' own methods.

    Args:
        database: An opened database.
        owner: An id of this process among those that share the store; a new one by default.
        lease: Seconds until a session's lease expires that is not renewed.
    """

    def __init__(
        self, database: Database, *, owner: str | None = None, lease: float = TAKEOVER_AFTER
    ) -> None:
        """Make an object for each table."""
        self.database = database
        self.leases = Leases(database, owner=owner, lease=lease)
        self.work = WorkTable(database, self.leases)
        self.sessions = Sessions(database, owner=self.leases.owner)
        self.ratings = Ratings(database)
        self.requests = Requests(database, owner=self.leases.owner)
        self.outbox = Outbox(database)
        self.inbox = Inbox(database)
        self.deliveries = Deliveries(database)
        self.pending = PendingMessages(database)
        self.chat = Chat(database)
        self.uploads = Uploads(database)
        self.reports = Reports(database)
        self.daily_users = DailyUsers(database)
        self.maintenance = Maintenance(database)
        self.personal_data = PersonalData(database)
        self.probes = Probes(database)
        self.events_heard = EventsHeard(database)
        self.tickets = Tickets(database)
        self.waits = Waits(database)
        self.native = Native(database, owner=self.leases.owner, lease=lease)
        self.native_missed = NativeMissed(database)

    async def load_state(self, sender_id: str) -> tuple[Session | None, bool]:
        """Load what decides where a sender's message goes.

        Args:
            sender_id: Rasa's id of the user.

        Returns:
            The sender's session that is open, or over and not finalized yet; and whether pending
            messages wait for the sender.
        """
        expired = time.time() - CLAIM_EXPIRES

        def work(connection: Connection) -> tuple[Session | None, bool]:
            values = {"sender": sender_id, "expired": expired}
            row = _STATE.first(connection, **values)
            if row is not None:
                return read_session(row), bool(row.pending)
            return None, bool(_PENDING.first(connection, **values).pending)

        return await self.database.read(work)

    @property
    def signals(self) -> Signals:
        """Signals of changes in the store, by this process and by others."""
        return self.database.signals

    async def close(self) -> None:
        """Finish the writes that are queued, and disconnect."""
        await self.database.close()

    async def __aenter__(self) -> Store:
        """Return the store itself, which is open."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the store."""
        await self.close()


async def open_existing_store(url: str, *, source: object = None) -> Store:
    """Open a store that a server has made; none is made here.

    Args:
        url: ``sqlite:///file`` or ``postgresql://host/database``.
        source: The file with the setting, for the error.

    Raises:
        StoreMissing: There is no database, or it has no tables of the plugin's.
        StoreUnavailable: The database cannot be reached.
        IncompatibleSchema: The tables are of a newer version, or another program's.
    """
    database = Database(url)
    if not database.backend.exists():
        raise StoreMissing(database.name, exists=False, source=source)
    try:
        await database.open(migrate_existing)
    except LookupError as error:
        if isinstance(error, HandoffError):
            raise
        raise StoreMissing(database.name, exists=True, source=source) from None
    return Store(database)


def check_openable(url: str) -> None:
    """Check what of a store can be known before it is opened: its driver, folder and file.

    Args:
        url: ``sqlite:///file`` or ``postgresql://host/database``.

    Raises:
        SettingsError: The URL asks for something that is not supported.
        MissingDependency: The driver is not installed.
        StoreUnavailable: The file cannot be opened or made.
    """
    problem = Database(url).backend.obstacle()
    if problem is not None:
        raise StoreUnavailable(str(problem))


async def open_store(url: str, *, owner: str | None = None, lease: float = TAKEOVER_AFTER) -> Store:
    """Open the store, and bring its tables up to date.

    Args:
        url: ``sqlite:///file`` or ``postgresql://host/database``.
        owner: An id of this process among those that share the store; a new one by default.
        lease: Seconds until a session's lease expires that is not renewed.

    Raises:
        StoreUnavailable: The database cannot be reached.
        IncompatibleSchema: The tables are of a newer version, or another program's.
    """
    database = Database(url)
    await database.open()
    return Store(database, owner=owner, lease=lease)
