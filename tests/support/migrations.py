"""Databases at a given revision of the store's schema, without the upgrade that a store runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from zendesk_handoff.store.engine import migrate
from zendesk_handoff.store.engine.database import Database

T = TypeVar("T")


async def run(url: str, work: Callable[[Connection], T], *, in_transaction: bool = True) -> T:
    """Do work on a database, without bringing its schema up to date first.

    Args:
        url: The store's URL.
        work: Uses the connection.
        in_transaction: Whether it is committed at the end, rather than by the work itself.
    """
    backend = Database(url).backend
    results: list[T] = []

    def within(connection: Connection) -> T:
        if not in_transaction:
            return work(connection)
        with connection.begin():
            return work(connection)

    async def prepare(run_on_connection: Callable[..., Any]) -> None:
        results.append(await run_on_connection(within))

    await backend.open(prepare)
    await backend.close()
    return results[0]


def upgrade_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to a revision."""
    script = ScriptDirectory(migrate.FOLDER)
    _migrate(connection, lambda now, _context: script._upgrade_revs(revision, now))


def downgrade_to(connection: Connection, revision: str) -> None:
    """Run the migrations back to a revision, or to ``base``."""
    script = ScriptDirectory(migrate.FOLDER)
    _migrate(connection, lambda now, _context: script._downgrade_revs(revision, now))


def index_definitions(connection: Connection) -> dict[str, str]:
    """Read every index as the database has it, with its WHERE, which Alembic does not compare."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    rows = connection.execute(sa.text(query)).all()
    return {
        name: re.sub(r"\s+", " ", definition)
        for name, definition in rows
        if not name.startswith(migrate.VERSION_TABLE)
    }


def reflect(connection: Connection) -> dict[str, sa.Table]:
    """Read the tables of a database from the database itself."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return dict(metadata.tables)


def _migrate(connection: Connection, revisions: Callable[[Any, Any], Any]) -> None:
    options = {**migrate.OPTIONS, "fn": revisions}
    context = MigrationContext.configure(connection, opts=options)
    with Operations.context(context):
        context.run_migrations()
