"""Database servers on this machine that tests use where they answer."""

from __future__ import annotations

import asyncio
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from zendesk_handoff.store import open_store
from zendesk_handoff.store.engine.database import Database

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
    import asyncpg

    admin = await asyncpg.connect(host=HOST, port=PORT, database="postgres")
    for statement in statements:
        await admin.execute(statement)
    await admin.close()


class Databases:
    """New databases, on SQLite and on PostgreSQL.

    Args:
        folder: Holds the files of SQLite.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._with_tables: dict[str, str] = {}

    def __enter__(self) -> Databases:
        return self

    def __exit__(self, *_error: object) -> None:
        template = self._with_tables.get("postgresql")
        if template is not None:
            asyncio.run(run_on_postgresql(f"DROP DATABASE {template} WITH (FORCE)"))

    @contextmanager
    def empty(self, kind: str) -> Iterator[str]:
        """Give the address of a database without tables.

        Args:
            kind: ``sqlite`` or ``postgresql``; the test is skipped where there is none.
        """
        if kind == "sqlite":
            yield f"sqlite:///{self._folder / _name()}.db"
            return
        with _on_postgresql("") as name:
            yield _address(name)

    @contextmanager
    def with_tables(self, kind: str) -> Iterator[str]:
        """Give the address of a database with all tables, which are empty.

        Args:
            kind: ``sqlite`` or ``postgresql``; the test is skipped where there is none.
        """
        if kind not in self._with_tables:
            self._with_tables[kind] = self._make_template(kind)
        template = self._with_tables[kind]
        if kind == "sqlite":
            path = self._folder / f"{_name()}.db"
            shutil.copy(template, path)
            yield f"sqlite:///{path}"
            return
        with _on_postgresql(f"TEMPLATE {template}") as name:
            yield _address(name)

    def _make_template(self, kind: str) -> str:
        name = _name()
        if kind == "sqlite":
            path = self._folder / f"{name}.db"
            asyncio.run(_open_once(f"sqlite:///{path}"))
            return str(path)
        _skip_without_postgresql()
        asyncio.run(run_on_postgresql(f"CREATE DATABASE {name}"))
        asyncio.run(_open_once(_address(name)))
        return name


async def _open_once(url: str) -> None:
    async with await open_store(url):
        pass


@contextmanager
def _on_postgresql(how: str) -> Iterator[str]:
    _skip_without_postgresql()
    name = _name()
    asyncio.run(run_on_postgresql(f"CREATE DATABASE {name} {how}"))
    try:
        yield name
    finally:
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
