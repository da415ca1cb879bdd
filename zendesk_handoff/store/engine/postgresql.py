"""The PostgreSQL backend, through asyncpg."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from zendesk_handoff.bounds import require
from zendesk_handoff.errors import Problem, SettingsError
from zendesk_handoff.store.engine.backend import Prepare, Work
from zendesk_handoff.store.engine.problems import (
    CONNECT_TIMEOUT,
    StoreProblem,
    postgresql_problem,
)
from zendesk_handoff.store.engine.signals import PostgresWatch, Signals, Watch

T = TypeVar("T")

#: SQLSTATE of a transaction that was rolled back in favour of another one: deadlock and
#: serialization failure (PostgreSQL's manual, appendix A). It can be repeated.
_REPEATABLE = frozenset({"40P01", "40001"})
_ATTEMPTS = 5
#: libpq's modes, which asyncpg has too (PostgreSQL's manual, SSL Mode Descriptions).
_TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
#: Other parameters of a URL that are arguments of asyncpg's ``connect`` and may be strings.
_PARAMETERS = ("host", "port", "user", "password", "database", "passfile", "target_session_attrs")


class PostgresUnavailable(ConnectionError):
    """PostgreSQL refused or lost a connection; the driver's error is the cause."""


class PostgresBackend:
    """A PostgreSQL database.

    Args:
        url: ``postgresql://host/database``, as ``postgres_address`` reads it.

    Raises:
        SettingsError: The URL asks for something that is not supported.
        MissingDependency: The driver is not installed.
    """

    #: PostgreSQL groups commits itself. Each write has a transaction of its own: one that locked
    #: the rows of several sessions could deadlock with another server's.
    writers = 8
    batch_size = 1

    def __init__(self, url: sa.engine.URL) -> None:
        """Create the engine; ``open`` connects."""
        require("asyncpg", extra="postgresql", by="The store_url postgresql://…")
        self._address = address = postgres_address(url)
        self.name = "postgresql://{host}:{port}/{database}".format(
            **{"host": "", "port": 5432, "database": "", **address}
        )
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            pool_pre_ping=True,
            # Seconds; a network that drops packets must not block a user's request for ever.
            connect_args={**address, "timeout": CONNECT_TIMEOUT, "command_timeout": 30},
            pool_size=5,
            max_overflow=10,
            hide_parameters=True,
        )

    async def open(self, prepare: Prepare) -> None:
        """Connect, and bring the schema up to date."""
        with _driver_errors():
            async with self.engine.connect() as connection:
                await prepare(connection.run_sync)

    async def read(self, work: Work[T]) -> T:
        """Do read-only work."""
        with _driver_errors():
            async with self.engine.connect() as connection:
                result = await connection.run_sync(work)
        return cast(T, result)

    async def write(self, work: Work[T], *, in_thread: bool = False) -> T:
        """Do work in a transaction, again if it was rolled back in favour of another one.

        The driver writes large values without blocking the event loop.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with _driver_errors():
                    async with self.engine.begin() as connection:
                        return cast(T, await connection.run_sync(work))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _REPEATABLE or attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def exists(self) -> bool:
        """Assume that it is there: only the server knows."""
        return True

    def obstacle(self) -> StoreProblem | None:
        """Find nothing: only the server knows."""
        return None

    def problem(self, error: BaseException) -> StoreProblem:
        """Put an error in words."""
        return postgresql_problem(error, self.name)

    async def close(self) -> None:
        """Close the pool."""
        await self.engine.dispose()

    def watch(self, signals: Signals) -> Watch:
        """Return a watch that listens for the notifications of other processes."""
        return PostgresWatch(signals, self._address)

    def send(self, connection: Connection, topics: Iterable[str]) -> None:
        """Send a notification for each topic, once the transaction is committed."""
        for topic in topics:
            connection.execute(sa.select(sa.func.pg_notify(PostgresWatch.CHANNEL, topic)))

    def now(self) -> Any:
        """Return an SQL expression for the time in seconds since the epoch, by the server's clock.

        Leases expire by this clock: a machine whose own clock is ahead must not take over sessions
        of others.
        """
        return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Float(53))

    def insert_new(self, table: sa.Table) -> Any:
        """Build an insert that leaves existing rows alone, by any of the table's unique keys."""
        return insert(table).on_conflict_do_nothing()


def postgres_address(url: sa.engine.URL) -> dict[str, Any]:
    """Convert a URL to arguments of asyncpg's ``connect``, for the engine and for the watch.

    SQLAlchemy and asyncpg read a URL's query in different ways, and no spelling of the TLS mode
    suits both.

    Args:
        url: ``postgresql://host/database``; ``sslmode``, or ``ssl``, is one of libpq's modes.

    Raises:
        SettingsError: The query has other parameters. They are not quoted, since they may be part
            of a password that was not percent-encoded.
    """
    query = dict(url.query)
    modes = [query.pop(key) for key in ("ssl", "sslmode") if key in query]
    problems = []
    if any(mode not in _TLS_MODES for mode in modes):
        problems.append(f"sslmode must be one of {', '.join(_TLS_MODES)}.")
    if not query.keys() <= set(_PARAMETERS):
        names = ", ".join(_PARAMETERS)
        problems.append(f"after the question mark may come sslmode, {names}, and nothing else.")
    if problems:
        raise SettingsError([Problem("store_url", text) for text in problems])
    address = {**url.translate_connect_args(username="user"), **query}
    return {**address, "ssl": modes[-1]} if modes else address


@contextmanager
def _driver_errors() -> Iterator[None]:
    """Raise ``PostgresUnavailable`` for errors of asyncpg that SQLAlchemy does not wrap.

    SQLAlchemy 1.4 wraps errors of statements, but not those of connecting: a server that starts
    up, has too many clients, or refuses the password. Nor does it wrap asyncpg's own errors on a
    connection that was just closed.
    """
    import asyncpg

    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise PostgresUnavailable(type(error).__name__) from error
