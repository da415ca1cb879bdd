"""Schema migrations, run with Alembic when a store is opened."""

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
#: Not Alembic's default name: the database may be Rasa's tracker store too, or another program's.
VERSION_TABLE = "zendesk_handoff_version"
#: The tables of the first revision. The oldest stores have them without a version.
_FIRST = "0001"
_FIRST_TABLES = frozenset({"sessions", "outbox", "inbox", "held", "chat", "uploads"})
#: Some of their columns, to tell them from other programs' tables with these names.
_FIRST_COLUMNS = frozenset({"connector_id", "reconciled_at", "media_token", "gone_at", "work"})
_ADVISORY_LOCK = 7263801
_POLL_SECONDS = 0.02

#: Alembic keeps its context in module globals: one database at a time in this process.
_alembic = threading.Lock()

log = structlog.get_logger(__name__)


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in metadata.tables


#: Alembic's options, at run time and for ``alembic revision --autogenerate``.
OPTIONS: dict[str, Any] = {
    "target_metadata": metadata,
    "version_table": VERSION_TABLE,
    "include_name": _is_ours,
    "render_as_batch": True,  # SQLite changes a column by copying its table
    "transactional_ddl": True,  # on SQLite too: we say BEGIN ourselves
}


def newest() -> str:
    """Return the newest revision, from the numbers of the files, without loading Alembic."""
    return max((file.name[:4] for file in (FOLDER / "versions").glob("[0-9]*.py")), default="0000")


async def migrate(run: Callable[[Callable[[Connection], Any]], Awaitable[Any]]) -> None:
    """Create the store's tables, or bring them up to date.

    Processes that start at once wait for each other: on PostgreSQL by an advisory lock, on SQLite
    by the write lock of ``BEGIN IMMEDIATE``. A database that is up to date costs one query.

    Args:
        run: Runs a function on a connection without a transaction.

    Raises:
        IncompatibleSchema: The database is of a newer version, or another program's.
    """
    if await run(_read_version) == newest():
        return
    while not _alembic.acquire(blocking=False):  # noqa: ASYNC110 - other threads may hold it
        await asyncio.sleep(_POLL_SECONDS)
    try:
        await run(_migrate)
    finally:
        _alembic.release()


async def migrate_existing(
    run: Callable[[Callable[[Connection], Any]], Awaitable[Any]],
) -> None:
    """Bring the store's tables up to date where there are some; make none.

    Args:
        run: Runs a function on a connection without a transaction.

    Raises:
        LookupError: There are none.
        IncompatibleSchema: The database is of a newer version, or another program's.
    """
    if await run(_read_version) is None and not await run(_has_old_tables):
        raise LookupError
    await migrate(run)


def upgrade(connection: Connection) -> None:
    """Run the missing migrations; the caller commits.

    Args:
        connection: In a transaction.

    Raises:
        IncompatibleSchema: The database is of a newer version, or another program's.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)  # before it is loaded, which it logs
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(FOLDER)
    before = version(connection)
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
    if before is None and has_first_tables(connection):
        context.stamp(script, _FIRST)
    with Operations.context(context):
        context.run_migrations()
    log.info("handoff.store.migrated", since=before, version=newest())


def _read_version(connection: Connection) -> str | None:
    with connection.begin():
        return version(connection)


def _has_old_tables(connection: Connection) -> bool:
    with connection.begin():
        return has_first_tables(connection)


def _migrate(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    with foreign_keys_off(connection) if is_sqlite else nullcontext(), connection.begin():
        if not is_sqlite:
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
        if version(connection) != newest():
            upgrade(connection)


def version(connection: Connection) -> str | None:
    """Read the revision of a database's tables, or ``None`` where they have none."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    table = sa.table(VERSION_TABLE, sa.column("version_num"))
    revision: str | None = connection.execute(sa.select(table.c.version_num)).scalar()
    return revision


def has_first_tables(connection: Connection) -> bool:
    """Tell a store without a version from an empty database.

    Raises:
        IncompatibleSchema: Tables with our names are another program's.
    """
    inspector = sa.inspect(connection)
    found = _FIRST_TABLES & set(inspector.get_table_names())
    if not found:
        return False
    columns = {column["name"] for name in found for column in inspector.get_columns(name)}
    if found != _FIRST_TABLES or not columns >= _FIRST_COLUMNS:
        raise IncompatibleSchema(
            "The database has tables of another program, or of a version of this one that was "
            "never released, under names that the store needs "
            f"({', '.join(sorted(found))}). Give the store a database of its own in `store_url`."
        )
    return True


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Switch SQLite's foreign keys off, so that a table can be copied to which others refer.

    SQLite ignores the switch within a transaction.
    """

    def switch(value: str) -> None:
        cursor = connection.connection.cursor()
        cursor.execute(f"PRAGMA foreign_keys={value}")
        cursor.close()

    switch("OFF")
    try:
        yield
    finally:
        switch("ON")
