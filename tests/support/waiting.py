"""Waiting for other processes, which give no event that a test could await."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

#: Seconds until a test gives a check up. A check that holds ends its wait at once, however slow the
#: machine, so that nothing is gained by a shorter one.
PATIENCE = 60.0


async def until(check: Callable[[], Awaitable[object]], *, timeout: float = PATIENCE) -> None:
    """Repeat a check until it holds."""
    deadline = asyncio.get_running_loop().time() + timeout
    while not await check():
        assert asyncio.get_running_loop().time() < deadline, "The check did not hold in time."
        await asyncio.sleep(0.1)


async def until_none_left(store: Path, query: str, *values: str) -> None:
    """Wait until a counting query of a SQLite store returns zero."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:

        async def none_left() -> bool:
            return bool(connection.execute(query, values).fetchone() == (0,))

        await until(none_left)
