"""Brings a database to the schema that this version of the package works with, by Alembic."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection

from zendesk_handoff.errors import IncompatibleSchema
from zendesk_handoff.store.engine.schema import metadata

FOLDER = Path(__file__).parent / "migrations"
#: A name of our own: the database may be Rasa's tracker store too, or another program's.
VERSION_TABLE = "zendesk_handoff_version"
#: What the first revision creates. Stores from before there were versions have them without one.
_FIRST = "0001"
_FIRST_TABLES = frozenset({"sessions", "outbox", "inbox", "held", "chat", "uploads"})
#: Some of their columns, by which they are told from others that have their names.
_FIRST_COLUMNS = frozenset({"connector_id", "reconciled_at", "media_token", "gone_at", "work"})
_ADVISORY_LOCK = 7263801
_POLL_SECONDS = 0.02

#: Alembic keeps what it works on in module globals: one database at a time in this process.
_alembic = threading.Lock()

log = structlog.get_logger(__name__)


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in metadata.tables


#: How Alembic is set up, at run time and for ``alembic revision --autogenerate``.
OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "version_table": VERSION_TABLE,
    "include_name": _is_ours,
    "render_as_batch": True,  # SQLite changes a column by copying its table
    "transactional_ddl": True,  # on SQLite too: we say BEGIN ourselves
}


def newest() -> str:
    """Give the newest revision there is, without loading Alembic: files are numbered."""
    return max((file.name[:4] for file in (FOLDER / "versions").glob("[0-9]*.py")), default="0000")


async def migrate(run: Callable[[Callable[[Connection], Any]], Awaitable[Any]]) -> None:
    """Create the store's tables, or change them to what this version works with.

    Processes that start at once wait for each other: on PostgreSQL by an advisory lock, on SQLite
    by the write lock that ``BEGIN IMMEDIATE`` takes. A database that is as it should be costs a
    look at its version.

    Args:
        run: Runs a function on a connection that is outside of a transaction.

    Raises:
        IncompatibleSchema: The database is of a newer version, or another program's.
    """
    if await run(_look) == newest():
        return
    while not _alembic.acquire(blocking=False):  # noqa: ASYNC110 - threads take turns here too
        await asyncio.sleep(_POLL_SECONDS)
    try:
        await run(_migrate)
    finally:
        _alembic.release()


def upgrade(connection: Connection) -> None:
    """Run the migrations that a database lacks; the caller commits.

    Args:
        connection: In a transaction.

    Raises:
        IncompatibleSchema: The database is of a newer version, or another program's.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)  # before it is loaded: it tells of that
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(FOLDER)
    before = _version(connection)
    known = {revision.revision for revision in script.walk_revisions()}
    if before is not None and before not in known:
        raise IncompatibleSchema(
            f"The store has the version {before}, which is newer than this package knows "
            f"({newest()}). Install the version of zendesk-handoff that has last run on it, or "
            "a newer one."
        )
    context = MigrationContext.configure(
        connection,
        opts={**OPTIONS, "fn": lambda revision, _: script._upgrade_revs("head", revision)},
    )
    if before is None and _has_first_tables(connection):
        context.stamp(script, _FIRST)
    with Operations.context(context):
        context.run_migrations()
    log.info("handoff.store.migrated", since=before, version=newest())


def _look(connection: Connection) -> str | None:
    with connection.begin():
        return _version(connection)


def _migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    with _foreign_keys_off(connection) if is_sqlite else nullcontext(), connection.begin():
        if not is_sqlite:
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        if _version(connection) != newest():
            upgrade(connection)


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    table = sa.table(VERSION_TABLE, sa.column("version_num"))
    version: str | None = connection.execute(sa.select(table.c.version_num)).scalar()
    return version


def _has_first_tables(connection: Connection) -> bool:
    """Tell a store without a version from an empty database.

    Raises:
        IncompatibleSchema: Tables with names of ours are another program's.
    """
    inspector = sa.inspect(connection)
    there = _FIRST_TABLES & set(inspector.get_table_names())
    if not there:
        return False
    columns = {column["name"] for name in there for column in inspector.get_columns(name)}
    if there != _FIRST_TABLES or not columns >= _FIRST_COLUMNS:
        raise IncompatibleSchema(
            "The database has tables of another program, or of a version of this one that was "
            "never released, under names that the store needs "
            f"({', '.join(sorted(there))}). Give the store a database of its own in `store_url`."
        )
    return True


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Let SQLite copy a table that others refer to; it heeds this outside a transaction only."""

    def switch(value: str) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={value}")
        cursor.close()

    switch("OFF")
    try:
        yield
    finally:
        switch("ON")
