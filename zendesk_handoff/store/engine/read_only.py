"""Reading a store from outside: nothing is made, migrated or written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from zendesk_handoff.errors import HandoffError, IncompatibleSchema, StoreMissing, StoreUnavailable
from zendesk_handoff.store.engine.backend import Work
from zendesk_handoff.store.engine.migrate import has_first_tables, newest, version
from zendesk_handoff.store.engine.postgresql import PostgresBackend
from zendesk_handoff.store.engine.problems import postgresql_problem, sqlite_problem

T = TypeVar("T")


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite store, or ``None`` for another database."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    return Path(os.path.abspath(parsed.database or ""))


def store_name(url: str) -> str:
    """Name a store for people, without user and password."""
    file = sqlite_file(url)
    if file is not None:
        return f"sqlite:///{file}"
    parsed = make_url(url)
    return f"postgresql://{parsed.host or ''}:{parsed.port or 5432}/{parsed.database or ''}"


@contextmanager
def sqlite_connection(file: Path) -> Iterator[Connection]:
    """Connect to an SQLite database that exists, without any change beside it.

    Args:
        file: Its file.

    Raises:
        sqlite3.Error: It is no database, or cannot be read.
    """

    def connect() -> sqlite3.Connection:
        # Without the file beside it nobody has the database open, and SQLite need not make one.
        mode = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "immutable=1"
        return sqlite3.connect(f"file:{quote(str(file))}?{mode}", uri=True, timeout=5)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        raise error.orig from None
    finally:
        engine.dispose()


@asynccontextmanager
async def postgresql_connection(url: str) -> AsyncIterator[tuple[AsyncConnection, str]]:
    """Connect to a PostgreSQL database.

    Args:
        url: ``postgresql://host/database``.

    Yields:
        The connection, and the database's name for people.

    Raises:
        Exception: The driver's own, if there is no connection.
    """
    backend = PostgresBackend(make_url(url.replace("postgres://", "postgresql://", 1)))
    try:
        async with backend.engine.connect() as connection:
            yield connection, backend.name
    finally:
        await backend.close()


async def read_only(url: str, work: Work[T], *, source: object = None) -> T:
    """Do read-only work on a store of this version, in one snapshot of it.

    Args:
        url: ``sqlite:///file`` or ``postgresql://host/database``.
        work: Uses the connection.
        source: The file with the setting, for the error.

    Raises:
        StoreMissing: There is no database, or it has no tables of the plugin's.
        StoreUnavailable: The database cannot be reached.
        IncompatibleSchema: The tables are of another version.
    """
    name, file = store_name(url), sqlite_file(url)
    if file is not None:
        try:
            if not file.is_file() or not file.stat().st_size:
                raise StoreMissing(name, exists=False, source=source)
            with sqlite_connection(file) as connection:
                connection.exec_driver_sql("BEGIN")
                return _checked(connection, work, name=name, source=source)
        except (sqlite3.Error, SQLAlchemyError, OSError) as error:
            raise StoreUnavailable(str(sqlite_problem(error, file))) from None

    def in_snapshot(connection: Connection) -> T:
        connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        return _checked(connection, work, name=name, source=source)

    try:
        async with postgresql_connection(url) as (opened, _):
            found: T = await opened.run_sync(in_snapshot)
            return found
    except HandoffError:
        raise
    except Exception as error:  # asyncpg's own are not wrapped by SQLAlchemy
        raise StoreUnavailable(str(postgresql_problem(error, name))) from None


def _checked(connection: Connection, work: Work[T], *, name: str, source: object) -> T:
    found = version(connection)
    if found is None and not has_first_tables(connection):
        raise StoreMissing(name, exists=True, source=source)
    if found != newest():
        raise IncompatibleSchema(
            f"The tables of {name} have the version {found or '0001'}, and this package reads "
            f"{newest()}. The Rasa server brings older tables up to date when it starts; for newer "
            "ones, install the newer package."
        )
    return work(connection)
