"""The database below the store: batched writes, reads, and signals of changes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from zendesk_handoff.errors import IncompatibleSchema, StoreUnavailable
from zendesk_handoff.store.engine.backend import Backend, Work
from zendesk_handoff.store.engine.migrate import migrate
from zendesk_handoff.store.engine.postgresql import (
    PostgresBackend,
    PostgresUnavailable,
    postgres_address,
)
from zendesk_handoff.store.engine.signals import PostgresWatch, Signals, SqliteWatch
from zendesk_handoff.store.engine.sqlite import SqliteBackend

T = TypeVar("T")
Item = TypeVar("Item")
#: Work for all jobs that share it in a batch: their items in order, and a result for each.
SharedWork = Callable[[Connection, Sequence[Item]], Sequence[T]]

_BATCH_SIZE = 200
_POSTGRES_WRITERS = 8
#: Errors that concern the database, not a job: repeating each job by itself would only take longer.
_AFFECTS_ALL_JOBS = (OSError, asyncio.TimeoutError)
_UNAVAILABLE = (SQLAlchemyError, sqlite3.Error, OSError, asyncio.TimeoutError)


class _Job:
    """An item that waits for a writer, and the work to do with it."""

    __slots__ = ("done", "item", "topics", "work")

    def __init__(
        self, work: SharedWork[Any, Any], item: Any, topics: Callable[[Any], Iterable[str]]
    ) -> None:
        self.work = work
        self.item = item
        self.topics = topics
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Database:
    """An open database.

    SQLite has one writer at a time. There all writes go through one task, and those that wait
    together share a transaction, so that many concurrent calls cost one commit. PostgreSQL groups
    commits itself, and each write has a transaction of its own: a transaction that locked the rows
    of several sessions could deadlock with another server's.

    Args:
        url: ``sqlite:///file`` or ``postgresql://host/database``.

    Raises:
        SettingsError: The URL asks for something that is not supported.
    """

    def __init__(self, url: str) -> None:
        """Choose the backend; ``open`` connects."""
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        self.signals = Signals()
        self.name: str  # for people, without user and password
        self.backend: Backend
        self._watch: SqliteWatch | PostgresWatch
        if parsed.get_backend_name() == "sqlite":
            self.is_sqlite = True
            self.name = f"sqlite:///{os.path.abspath(parsed.database or '')}"
            self.backend = sqlite_backend = SqliteBackend(parsed)
            self._watch = SqliteWatch(self.signals, sqlite_backend.data_version)
        else:
            self.is_sqlite = False
            address = postgres_address(parsed)
            self.name = "postgresql://{host}:{port}/{database}".format(
                **{"host": "", "port": 5432, "database": "", **address}
            )
            self.backend = PostgresBackend(address)
            self._watch = PostgresWatch(self.signals, address)
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._batch_size = _BATCH_SIZE if self.is_sqlite else 1
        self._writers: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Connect, bring the schema up to date, and start the writers and the watch.

        Raises:
            StoreUnavailable: The database cannot be reached.
            IncompatibleSchema: The tables are of a newer version, or another program's.
        """
        try:
            await self.backend.open(migrate)
        except _UNAVAILABLE as error:
            await self.backend.close()
            raise StoreUnavailable(_describe(error)) from None
        except IncompatibleSchema:
            await self.backend.close()
            raise
        self._writers = [
            asyncio.create_task(self._write_forever(), name="store writer")
            for _ in range(1 if self.is_sqlite else _POSTGRES_WRITERS)
        ]
        await self._watch.start()

    async def close(self) -> None:
        """Finish the writes that are queued, and disconnect."""
        await self._watch.stop()
        if self._writers:
            await self._jobs.join()
            for writer in self._writers:
                writer.cancel()
            await asyncio.gather(*self._writers, return_exceptions=True)
            self._writers = []
        await self.backend.close()

    async def write(self, work: Work[T], *, wake: Iterable[str] = ()) -> T:
        """Do a piece of work in a transaction, and return once it is committed.

        Args:
            work: Uses the connection; it may be run twice, so it does nothing else.
            wake: Topics to signal in every process after the commit.

        Raises:
            StoreUnavailable: It could not be committed.
        """
        topics = tuple(wake)

        def alone(connection: Connection, _items: Sequence[None]) -> Sequence[T]:
            return [work(connection)]

        return await self.write_together(alone, None, wake=lambda _result: topics)

    async def write_together(
        self,
        work: SharedWork[Item, T],
        item: Item,
        *,
        wake: Callable[[T], Iterable[str]] = lambda _result: (),
    ) -> T:
        """Do work in a transaction, once for all callers that wait with the same work.

        A statement with many rows costs little more than with one, so that one function does the
        work of many concurrent calls.

        Args:
            work: Uses the connection; as with ``write`` it may be run twice, and for one item.
            item: This caller's item.
            wake: Returns the topics to signal in every process after the commit, given the result.

        Raises:
            StoreUnavailable: It could not be committed.
        """
        job = _Job(work, item, wake)
        if not self._writers:
            raise StoreUnavailable("The store is not open.")
        self._jobs.put_nowait(job)
        return cast(T, await job.done)

    async def read(self, work: Work[T]) -> T:
        """Do a piece of read-only work.

        Args:
            work: Uses the connection.

        Raises:
            StoreUnavailable: The database did not answer.
        """
        try:
            return await self.backend.read(work)
        except _UNAVAILABLE as error:
            raise StoreUnavailable(_describe(error)) from None

    async def rows(self, query: Any) -> list[Any]:
        """Read all rows of a query.

        Raises:
            StoreUnavailable: The database did not answer.
        """
        return await self.read(lambda connection: list(connection.execute(query)))

    async def row(self, query: Any) -> Any:
        """Read the first row of a query, or ``None``.

        Raises:
            StoreUnavailable: The database did not answer.
        """
        return await self.read(lambda connection: connection.execute(query).first())

    def now(self) -> Any:
        """Return the time in seconds since the epoch, by one clock for all processes.

        On PostgreSQL it is an SQL expression, for the server's clock. Leases expire by this clock:
        a machine whose own clock is ahead must not take over sessions of others.
        """
        if self.is_sqlite:
            return time.time()
        return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float(53))

    def insert_new(self, table: sa.Table) -> Any:
        """Build an insert that leaves existing rows alone, by any of the table's unique keys.

        SQLAlchemy compiles it each time; for frequent inserts there is ``statement.new_rows``.
        """
        dialect = sqlite if self.is_sqlite else postgresql
        return dialect.insert(table).on_conflict_do_nothing()

    async def _write_forever(self) -> None:
        while True:
            batch = [await self._jobs.get()]
            while len(batch) < self._batch_size and not self._jobs.empty():
                batch.append(self._jobs.get_nowait())
            try:
                await self._write_batch(batch)
            finally:
                for job in batch:
                    if not job.done.done():
                        job.done.set_exception(StoreUnavailable("The store was closed."))
                    self._jobs.task_done()

    async def _write_batch(self, batch: list[_Job]) -> None:
        try:
            results = await self._commit(batch)
        except Exception as error:
            if len(batch) == 1 or isinstance(error, _AFFECTS_ALL_JOBS):
                for job in batch:
                    _fail(job, error)
                return
            # One job's error must not fail the others: each gets a transaction of its own.
            for job in batch:
                await self._write_batch([job])
            return
        for job, result in zip(batch, results, strict=True):
            if not job.done.done():
                job.done.set_result(result)
        for topic in _topics(batch, results):
            self.signals.emit(topic)

    async def _commit(self, batch: list[_Job]) -> list[Any]:
        def work(connection: Connection) -> list[Any]:
            results = _run(connection, batch)
            if not self.is_sqlite:
                for topic in _topics(batch, results):
                    notify = sa.func.pg_notify(PostgresWatch.CHANNEL, topic)
                    connection.execute(sa.select(notify))
            return results

        return await self.backend.write(work)


def _run(connection: Connection, batch: list[_Job]) -> list[Any]:
    """Do each work once, with the items of all its jobs, and return the jobs' results."""
    by_work: dict[Any, list[int]] = {}
    for index, job in enumerate(batch):
        by_work.setdefault(job.work, []).append(index)
    results: list[Any] = [None] * len(batch)
    for work, indexes in by_work.items():
        of_work = work(connection, [batch[index].item for index in indexes])
        for index, result in zip(indexes, of_work, strict=True):
            results[index] = result
    return results


def _topics(batch: list[_Job], results: list[Any]) -> Iterable[str]:
    pairs = zip(batch, results, strict=True)
    return dict.fromkeys(topic for job, result in pairs for topic in job.topics(result))


def _fail(job: _Job, error: Exception) -> None:
    if job.done.done():
        return
    if isinstance(error, _UNAVAILABLE) and not isinstance(error, IntegrityError):
        job.done.set_exception(StoreUnavailable(_describe(error)))
    else:
        job.done.set_exception(error)


def _describe(error: BaseException) -> str:
    """Describe an error without the statement's parameters, which hold texts of users."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = str(cause) if isinstance(cause, PostgresUnavailable) else type(cause).__name__
    return f"The store did not answer ({name})."
