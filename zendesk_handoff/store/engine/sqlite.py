"""The SQLite backend: one connection for writes and one for reads."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from zendesk_handoff.store.engine.backend import Prepare, Work
from zendesk_handoff.store.engine.private_files import keep_private
from zendesk_handoff.store.engine.problems import StoreProblem, file_problem, sqlite_problem
from zendesk_handoff.store.engine.signals import Signals, SqliteWatch, Watch

T = TypeVar("T")

#: Seconds for which a write waits while another process writes. Twice that, since a batch may be
#: ahead, is well below the 20 s after which Zendesk counts a webhook call as failed (Zendesk's page
#: on receiving messages).
_BUSY_TIMEOUT = 5.0
_POLL_SECONDS = 0.002
#: Seconds for which an opening waits while another process runs the migrations.
_MIGRATION_TIMEOUT = 60.0
#: Seconds after which a busy event loop yields to the thread that has just committed. Python's
#: default of 5 ms is ten times as long as the commit itself, and every message waits for one.
_SWITCH_INTERVAL = 0.0005
#: Longest commit, in seconds, after which the next one is done in the event loop itself.
_QUICK_COMMIT = 0.001


class SqliteBackend:
    """An SQLite database in WAL mode, with one connection for writes and one for reads.

    Statements take microseconds and run in the event loop's own thread, without waiting for a
    thread switch. A commit waits for the disk, and runs in another thread unless the disk is quick.
    ``synchronous=FULL`` is needed, since in WAL mode lower levels may lose the last commits when
    the power fails.

    Args:
        url: ``sqlite:///file``.
    """

    #: SQLite has one writer at a time; what waits meanwhile shares a commit.
    writers = 1
    batch_size = 200

    def __init__(self, url: sa.engine.URL) -> None:
        """Create the engine; ``open`` connects."""
        path = os.path.abspath(url.database or "")
        self.name = f"sqlite:///{path}"
        is_file = url.database and url.database != ":memory:"
        self._file = Path(path) if is_file else None
        # Parameters hold texts of users, which no error may quote.
        self.engine = sa.create_engine(
            url.set(drivername="sqlite"),
            poolclass=sa.pool.NullPool,
            connect_args={"check_same_thread": False, "timeout": _MIGRATION_TIMEOUT},
            hide_parameters=True,
        )
        sa.event.listen(self.engine, "connect", _prepare_sqlite)
        sa.event.listen(self.engine, "begin", _begin_sqlite)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._reader: Connection | None = None
        self._writer: Connection | None = None
        self._committing = False
        self._last_commit = _QUICK_COMMIT  # seconds; not known to be quick yet

    async def open(self, prepare: Prepare) -> None:
        """Connect, in the thread: another process may hold the lock."""
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_INTERVAL))
        if self._file is not None:
            keep_private(self._file)
        writer = await _retry_while_locked(partial(self._in_thread, self.engine.connect))
        self._writer = writer.execution_options(begins=True)
        await prepare(partial(self._in_thread_with, self._writer))
        self._reader = await _retry_while_locked(partial(self._in_thread, self.engine.connect))
        # From here on no wait for a lock may hold up the event loop.
        for connection in (self._writer, self._reader):
            _execute(connection, "PRAGMA busy_timeout=0")
        self._writer = writer.execution_options(begins=False)

    async def read(self, work: Work[T]) -> T:
        """Do read-only work; each statement sees the commits before it."""
        assert self._reader is not None, "the store is not open"
        try:
            return work(self._reader)
        finally:
            # SQLAlchemy 2 begins a transaction by itself, in name only: see `_begin_sqlite`. While
            # it is open, SQLAlchemy would not replace a broken connection.
            if self._reader.in_transaction():
                self._reader.rollback()

    async def write(self, work: Work[T], *, in_thread: bool = False) -> T:
        """Do work in a transaction; there must be one call at a time."""
        assert self._writer is not None, "the store is not open"
        await _retry_while_locked(self._take_lock)
        transaction = self._writer.begin()
        try:
            if in_thread:
                self._committing = True  # the thread has the connection from here on
                result = await self._in_thread(work, self._writer)
            else:
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
        """Commit, without blocking the event loop on a slow disk.

        After a quick commit, the next one takes less time than a switch to a thread would.
        """
        began = time.perf_counter()
        if self._last_commit < _QUICK_COMMIT:
            transaction.commit()
        else:
            await self._in_thread(transaction.commit)
        self._last_commit = time.perf_counter() - began

    def exists(self) -> bool:
        """Tell whether the file is there and not empty."""
        return self._file is None or (self._file.is_file() and self._file.stat().st_size > 0)

    def obstacle(self) -> StoreProblem | None:
        """Find out why the file cannot be opened or made."""
        return None if self._file is None else file_problem(self._file)

    def problem(self, error: BaseException) -> StoreProblem:
        """Put an error in words."""
        return sqlite_problem(error, self._file or Path(":memory:"))

    async def close(self) -> None:
        """Close both connections."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None
        self.engine.dispose()
        self._thread.shutdown(wait=False)

    def watch(self, signals: Signals) -> Watch:
        """Return a watch that polls for commits of other processes."""
        return SqliteWatch(signals, self.data_version)

    def send(self, _connection: Connection, _topics: Iterable[str]) -> None:
        """Do nothing: SQLite has no notifications."""

    def now(self) -> float:
        """Return the time in seconds since the epoch; one machine has one clock."""
        return time.time()

    def insert_new(self, table: sa.Table) -> Any:
        """Build an insert that leaves existing rows alone, by any of the table's unique keys."""
        return insert(table).on_conflict_do_nothing()

    def data_version(self) -> int | None:
        """Read a number that changes with commits of other processes; ``None`` during a commit.

        It does not change with our own commits, since the connection for writes reads it.
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


async def _retry_while_locked(attempt: Callable[[], Awaitable[T]]) -> T:
    """Repeat an attempt while another process has the lock; SQLite does not always wait itself."""
    deadline = time.monotonic() + _BUSY_TIMEOUT
    while True:
        try:
            return await attempt()
        except (OperationalError, sqlite3.OperationalError) as error:
            if not _is_locked(error):
                raise
            if time.monotonic() > deadline:
                raise TimeoutError("The database is locked.") from None
            await asyncio.sleep(_POLL_SECONDS)


def _is_locked(error: Exception) -> bool:
    text = str(error).lower()  # with parameters hidden; SQLite's words (SQLite: Result Codes)
    return "locked" in text or "busy" in text


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver would begin transactions too late, so BEGIN is executed explicitly.
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
    # Only while the schema is migrated. Later `_take_lock` executes BEGIN before SQLAlchemy begins.
    # The reader never does: a transaction would keep the snapshot of its first statement.
    if connection.get_execution_options().get("begins"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _execute(connection: Connection, statement: str) -> Any:
    """Execute a statement without SQLAlchemy, and return the first value of the first row."""
    row = connection.connection.dbapi_connection.execute(statement).fetchone()
    return row[0] if row else None
