"""Database servers on this machine that tests use where they answer."""

from __future__ import annotations

import socket
from contextlib import suppress

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


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=2):
        return True
    return False
