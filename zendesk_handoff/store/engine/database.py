"""The database below the store: batched writes, reads, and signals of changes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from zendesk_handoff.errors import StoreUnavailable
from zendesk_handoff.store.engine.backend import Backend, Prepare, Work
from zendesk_handoff.store.engine.migrate import migrate
from zendesk_handoff.store.engine.postgresql import PostgresBackend
from zendesk_handoff.store.engine.signals import Signals
from zendesk_handoff.store.engine.sqlite import SqliteBackend

T = TypeVar("T")
Item = TypeVar("Item")
#: Work for all jobs that share it in a batch: their items in order, and a result for each.
SharedWork = Callable[[Connection, Sequence[Item]], Sequence[T]]

#: Errors that concern the database, not a job: repeating each job by itself would only take longer.
_AFFECTS_ALL_JOBS = (OSError, asyncio.TimeoutError)
_UNAVAILABLE = (SQLAlchemyError, sqlite3.Error, OSError, asyncio.TimeoutError)


class _Job:
    """An item that waits for a writer, and the work to do with it."""

    __slots__ = ("done", "in_thread", "item", "topics", "work")

    def __init__(
        self,
        work: SharedWork[Any, Any],
        item: Any,
        topics: Callable[[Any], Iterable[str]],
        *,
        in_thread: bool,
    ) -> None:
        self.work = work
        self.item = item
        self.topics = topics
        self.in_thread = in_thread
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Database:
    """An open database.

    There is one way to read and one to write. Writes are queued: on SQLite those that wait together
    share a transaction, so that many concurrent calls cost one commit.

    Args:
        url: ``sqlite:///file`` or ``postgresql://host/database``.

    Raises:
        SettingsError: The URL asks for something that is not supported.
    """

    def __init__(self, url: str) -> None:
        """Choose the backend; ``open`` connects."""
        parsed = make_url(url.replace("postgres://", "postgresql://", 1))
        is_sqlite = parsed.get_backend_name() == "sqlite"
        self.backend: Backend = SqliteBackend(parsed) if is_sqlite else PostgresBackend(parsed)
        self.signals = Signals()
        self._watch = self.backend.watch(self.signals)
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._writers: list[asyncio.Task[None]] = []

    @property
    def name(self) -> str:
        """The database for people, without user and password."""
        return self.backend.name

    async def open(self, prepare: Prepare = migrate) -> None:
        """Connect, bring the schema up to date, and start the writers and the watch.

        Args:
            prepare: Brings the schema up to date.

        Raises:
            StoreUnavailable: The database cannot be reached.
            IncompatibleSchema: The tables are of a newer version, or another program's.
        """
        try:
            await self.backend.open(prepare)
        except _UNAVAILABLE as error:
            await self.backend.close()
            raise self._unavailable(error) from None
        except BaseException:
            await self.backend.close()
            raise
        self._writers = [
            asyncio.create_task(self._write_forever(), name="store writer")
            for _ in range(self.backend.writers)
        ]
        await self._watch.start()

    async def close(self) -> None:
        """Finish the writes that are queued, and disconnect."""
        await self._watch.stop()
        await self.signals.close()
        if self._writers:
            await self._jobs.join()
            for writer in self._writers:
                writer.cancel()
            await asyncio.gather(*self._writers, return_exceptions=True)
            self._writers = []
        await self.backend.close()

    async def write(self, work: Work[T], *, wake: Iterable[str] = (), in_thread: bool = False) -> T:
        """Do a piece of work in a transaction, and return once it is committed.

        Args:
            work: Uses the connection; it may be run twice, so it does nothing else.
            wake: Topics to signal in every process after the commit.
            in_thread: Whether the work would block the event loop.

        Raises:
            StoreUnavailable: It could not be committed.
        """
        topics = tuple(wake)

        def alone(connection: Connection, _items: Sequence[None]) -> Sequence[T]:
            return [work(connection)]

        return await self.write_together(
            alone, None, wake=lambda _result: topics, in_thread=in_thread
        )

    async def write_together(
        self,
        work: SharedWork[Item, T],
        item: Item,
        *,
        wake: Callable[[T], Iterable[str]] = lambda _result: (),
        in_thread: bool = False,
    ) -> T:
        """Do work in a transaction, once for all callers that wait with the same work.

        A statement with many rows costs little more than with one, so that one function does the
        work of many concurrent calls.

        Args:
            work: Uses the connection; as with ``write`` it may be run twice, and for one item.
            item: This caller's item.
            wake: Returns the topics to signal in every process after the commit, given the result.
            in_thread: Whether the work would block the event loop.

        Raises:
            StoreUnavailable: It could not be committed.
        """
        job = _Job(work, item, wake, in_thread=in_thread)
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
            raise self._unavailable(error) from None

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

        It is a value for statements, possibly an SQL expression.
        """
        return self.backend.now()

    def insert_new(self, table: sa.Table) -> Any:
        """Build an insert that leaves existing rows alone, by any of the table's unique keys.

        SQLAlchemy compiles it each time; for frequent inserts there is ``statement.new_rows``.
        """
        return self.backend.insert_new(table)

    async def _write_forever(self) -> None:
        while True:
            batch = [await self._jobs.get()]
            while len(batch) < self.backend.batch_size and not self._jobs.empty():
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
                    self._fail(job, error)
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

    def _fail(self, job: _Job, error: Exception) -> None:
        if job.done.done():
            return
        if isinstance(error, _UNAVAILABLE) and not isinstance(error, IntegrityError):
            job.done.set_exception(self._unavailable(error))
        else:
            job.done.set_exception(error)

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(str(self.backend.problem(error)))

    async def _commit(self, batch: list[_Job]) -> list[Any]:
        def work(connection: Connection) -> list[Any]:
            results = _run(connection, batch)
            self.backend.send(connection, _topics(batch, results))
            return results

        in_thread = any(job.in_thread for job in batch)
        return await self.backend.write(work, in_thread=in_thread)


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
