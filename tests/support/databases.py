"""Database servers on this machine that tests use where they answer."""

from __future__ import annotations

import asyncio
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.database import Database
from zendesk_handoff.store.engine.migrate import VERSION_TABLE

HOST, PORT = "127.0.0.1", 5432
REDIS_PORT = 6379


def postgresql_answers() -> bool:
    return _answers(PORT)


def redis_answers() -> bool:
    return _answers(REDIS_PORT)


def is_sqlite(database: Database) -> bool:
    return database.name.startswith("sqlite")


async def run_on_postgresql(*statements: str) -> None:
    """Run statements outside of any test's own database."""
    admin = await _connect("postgres")
    for statement in statements:
        await admin.execute(statement)
    await admin.close()


async def _connect(name: str) -> Any:
    return await asyncpg.connect(host=HOST, port=PORT, database=name)


#: Of what a database's schema consists, with the version that is recorded in it.
_SCHEMA = f"""
SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
  SELECT format('%s %s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
    AS line FROM information_schema.columns WHERE table_schema = 'public'
  UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
  UNION ALL SELECT version_num FROM {VERSION_TABLE}
) AS schema
"""
#: Deletes every row, and lets ids begin at 1 again. Foreign keys are not looked at meanwhile.
_EMPTY = f"""
DO $$ DECLARE each text; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR each IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> '{VERSION_TABLE}'
  LOOP EXECUTE format('DELETE FROM %I', each); END LOOP;
  PERFORM setval(format('%I', sequencename), 1, false) FROM pg_sequences
    WHERE schemaname = 'public';
END $$
"""
_ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def _schema(name: str) -> str:
    connection = await _connect(name)
    schema = str(await connection.fetchval(_SCHEMA))
    await connection.close()
    return schema


async def _is_emptied(name: str, schema: str) -> bool:
    """Delete what a test has left in a database, unless it has changed the tables."""
    connection = await _connect(name)
    try:
        await connection.execute(_ALONE)
        if await connection.fetchval(_SCHEMA) != schema:
            return False
        await connection.execute(_EMPTY)
    except asyncpg.PostgresError:  # tables are missing, or the test has left it read-only
        return False
    finally:
        await connection.close()
    return True


class Databases:
    """New databases, on SQLite and on PostgreSQL.

    On PostgreSQL a database with tables is emptied and given to the next test: to make one and to
    drop it takes three times as long as most tests.

    Args:
        folder: Holds the files of SQLite.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._schema = ""
        self._free: list[str] = []

    def __enter__(self) -> Databases:
        return self

    def __exit__(self, *_error: object) -> None:
        for name in self._free:
            _drop(name)

    @contextmanager
    def empty(self, kind: str) -> Iterator[str]:
        """Give the address of a database without tables.

        Args:
            kind: ``sqlite`` or ``postgresql``; the test is skipped where there is none.
        """
        if kind == "sqlite":
            yield f"sqlite:///{self._folder / _name()}.db"
            return
        name = _make_on_postgresql()
        try:
            yield _address(name)
        finally:
            _drop(name)

    @contextmanager
    def with_tables(self, kind: str) -> Iterator[str]:
        """Give the address of a database with all tables, which are empty.

        Args:
            kind: ``sqlite`` or ``postgresql``; the test is skipped where there is none.
        """
        if kind == "sqlite":
            path = self._folder / f"{_name()}.db"
            shutil.copy(self._template(), path)
            yield f"sqlite:///{path}"
            return
        name = self._free.pop() if self._free else self._make_with_tables()
        try:
            yield _address(name)
        finally:
            if asyncio.run(_is_emptied(name, self._schema)):
                self._free.append(name)
            else:
                _drop(name)

    def _template(self) -> Path:
        path = self._folder / "template.db"
        if not path.exists():
            asyncio.run(_open_once(f"sqlite:///{path}"))
        return path

    def _make_with_tables(self) -> str:
        name = _make_on_postgresql()
        asyncio.run(_open_once(_address(name)))
        self._schema = asyncio.run(_schema(name))
        return name


async def _open_once(url: str) -> None:
    async with await open_store(url):
        pass


def _make_on_postgresql() -> str:
    _skip_without_postgresql()
    name = _name()
    asyncio.run(run_on_postgresql(f"CREATE DATABASE {name}"))
    return name


def _drop(name: str) -> None:
    asyncio.run(run_on_postgresql(f"DROP DATABASE {name} WITH (FORCE)"))


def _skip_without_postgresql() -> None:
    if not postgresql_answers():
        pytest.skip("PostgreSQL does not answer on 127.0.0.1:5432")


def _name() -> str:
    return f"handoff_{uuid.uuid4().hex[:12]}"


def _address(name: str) -> str:
    return f"postgresql://{HOST}:{PORT}/{name}"


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=2):
        return True
    return False
