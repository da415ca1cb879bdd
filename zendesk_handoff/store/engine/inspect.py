"""A look at a store from outside, which neither makes nor changes anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.store.engine.identity import identity_of
from zendesk_handoff.store.engine.migrate import has_first_tables, newest, version
from zendesk_handoff.store.engine.read_only import postgresql_connection, sqlite_connection
from zendesk_handoff.store.engine.schema import metadata


@dataclass(frozen=True)
class StoreState:
    """What a store is like.

    Args:
        name: The database for people, without user and password.
        version: The version of its tables; ``None`` where there are none yet.
        newest: The version that this package knows.
        identity: See ``identity_of``.
        problem: Why it cannot be written; empty if it can.
    """

    name: str
    version: str | None
    newest: str
    identity: str
    problem: str = ""

    @property
    def is_newer(self) -> bool:
        """Whether the tables are of a version that this package does not know."""
        return self.version is not None and self.version > self.newest


def inspect_sqlite(file: Path) -> StoreState:
    """Look at an SQLite database.

    Args:
        file: Its file, which exists.

    Raises:
        sqlite3.Error: It is no database, or cannot be read.
        IncompatibleSchema: It has tables of another program under our names.
    """
    with sqlite_connection(file) as connection:
        return _state(connection, f"sqlite:///{file}")


async def inspect_postgresql(url: str) -> StoreState:
    """Look at a PostgreSQL database, in a transaction that may not write.

    Args:
        url: ``postgresql://host/database``.

    Raises:
        Exception: The driver's own, if there is no connection.
        IncompatibleSchema: It has tables of another program under our names.
    """
    async with postgresql_connection(url) as (opened, name):

        def look(connection: Connection) -> StoreState:
            problem = _obstacle(connection)
            if problem:  # the user may not be allowed to read, either
                return StoreState(name, None, newest(), identity_of(connection), problem)
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            return _state(connection, name)

        found: StoreState = await opened.run_sync(look)
    return found


def _state(connection: Connection, name: str) -> StoreState:
    found = version(connection)
    if found is None and has_first_tables(connection):
        found = "0001"
    return StoreState(name, found, newest(), identity_of(connection))


def _obstacle(connection: Connection) -> str:
    """Find out why a PostgreSQL database cannot be written; empty if it can."""
    if connection.execute(sa.text("SHOW transaction_read_only")).scalar() == "on":
        return "it is read-only"
    schema = connection.execute(sa.text("SELECT current_schema()")).scalar()
    if schema is None:
        return "the user's search_path names no schema"
    inspector = sa.inspect(connection)
    tables = [each for each in metadata.tables if inspector.has_table(each)]
    if not tables:
        may_create = sa.text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
        if not connection.execute(may_create).scalar():
            return f"the user may not create tables in the schema {schema}"
    for table in tables:
        for right in ("INSERT", "UPDATE", "DELETE"):
            may_write = sa.text(f"SELECT has_table_privilege(:name, '{right}')")
            if not connection.execute(may_write, {"name": table}).scalar():
                return f"the user may not {right} in the table {table}"
    return ""
