"""SQLite below the store: one connection that writes and one that reads."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from zendesk_handoff.store.engine.backend import Prepare, Work

T = TypeVar("T")

#: Seconds for which a write waits while another process writes. Twice that, for a batch before it
#: too, is well below the 20 s after which Zendesk takes a call for failed (SPEC, Webhooks).
_PATIENCE = 5.0
_POLL = 0.002
#: Seconds after which a busy event loop gives way to the thread that has just committed. Python's
#: own 5 ms are ten times what the commit takes, and every message waits for one.
_GIVE_WAY = 0.0005
#: Seconds that a commit may take for the next one to be waited for in the event loop itself.
_QUICK = 0.001


class SqliteBackend:
    """SQLite: one connection that writes and one that reads, in WAL mode.

    Statements take microseconds and run in the event loop's own thread, where they wait for no
    other; the commit, which waits for the disk, has a thread of its own unless the disk is quick.
    It is a commit: ``synchronous=FULL``, since in WAL mode anything less may lose the last ones
    with the power.

    Args:
        url: ``sqlite:///file``.
    """

    def __init__(self, url: sa.engine.URL) -> None:
        """Prepare the engine; ``open`` connects."""
        # Parameters are what users wrote: no error's text may hold them.
        self.engine = sa.create_engine(
            url.set(drivername="sqlite"),
            poolclass=sa.pool.NullPool,
            connect_args={"check_same_thread": False, "timeout": _PATIENCE},
            hide_parameters=True,
        )
        sa.event.listen(self.engine, "connect", _prepare_sqlite)
        sa.event.listen(self.engine, "begin", _begin_sqlite)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._reader: Connection | None = None
        self._writer: Connection | None = None
        self._committing = False
        self._last_commit = _QUICK  # seconds; not known to be quick yet

    async def open(self, prepare: Prepare) -> None:
        """Connect, in the thread: another process may be at it too."""
        sys.setswitchinterval(min(sys.getswitchinterval(), _GIVE_WAY))
        writer = await _patiently(partial(self._in_thread, self.engine.connect))
        self._writer = writer.execution_options(begins=True)
        await prepare(partial(self._in_thread_with, self._writer))
        self._reader = await _patiently(partial(self._in_thread, self.engine.connect))
        # From here on no wait for a lock may hold up the event loop.
        for connection in (self._writer, self._reader):
            _execute(connection, "PRAGMA busy_timeout=0")
        self._writer = writer.execution_options(begins=False)

    async def read(self, work: Work[T]) -> T:
        """Do work that changes nothing; each statement sees what is committed by then."""
        assert self._reader is not None, "the store is not open"
        try:
            return work(self._reader)
        finally:
            # SQLAlchemy 2 begins a transaction by itself, in name only: see `_begin_sqlite`. Left
            # open, it would keep a broken connection from being made anew.
            if self._reader.in_transaction():
                self._reader.rollback()

    async def write(self, work: Work[T]) -> T:
        """Do work in a transaction; the caller has one at a time."""
        assert self._writer is not None, "the store is not open"
        await _patiently(self._take_lock)
        transaction = self._writer.begin()
        try:
            result = work(self._writer)
            self._committing = True
            await self._commit(transaction)
        except BaseException:
            transaction.rollback()
            raise
        finally:
            self._committing = False
        return result

    async def _commit(self, transaction: Any) -> None:
        """Commit, and let nobody else wait for a slow disk.

        On a disk that has just been quick it takes less than handing it to a thread does.
        """
        began = time.perf_counter()
        if self._last_commit < _QUICK:
            transaction.commit()
        else:
            await self._in_thread(transaction.commit)
        self._last_commit = time.perf_counter() - began

    async def close(self) -> None:
        """Close both connections."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None
        self.engine.dispose()
        self._thread.shutdown(wait=False)

    def data_version(self) -> int | None:
        """Give a number that changes with every commit of another process, or ``None`` just now.

        Asked of the connection that writes, it does not change with our own commits.
        """
        if self._writer is None or self._committing:
            return None
        return int(_execute(self._writer, "PRAGMA data_version"))

    async def _take_lock(self) -> None:
        assert self._writer is not None
        _execute(self._writer, "BEGIN IMMEDIATE")

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(function, *arguments))

    async def _in_thread_with(self, connection: Connection, work: Work[T]) -> T:
        return await self._in_thread(work, connection)


async def _patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until another process has let go of the lock; SQLite does not always wait itself."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return await attempt()
        except (OperationalError, sqlite3.OperationalError):
            if time.monotonic() > deadline:
                raise TimeoutError("The database is locked.") from None
            await asyncio.sleep(_POLL)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of transactions begins them too late: we say BEGIN ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "wal_autocheckpoint=8000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Only while the schema is prepared. Later `_take_lock` has begun before SQLAlchemy does, and
    # the reader never begins: in a transaction it would keep the snapshot of its first statement.
    if connection.get_execution_options().get("begins"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _execute(connection: Connection, statement: str) -> Any:
    """Run a statement that is none of SQLAlchemy's business."""
    row = connection.connection.dbapi_connection.execute(statement).fetchone()
    return row[0] if row else None
