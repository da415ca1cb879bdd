"""PostgreSQL below the store, through asyncpg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from zendesk_handoff.errors import Problem, SettingsError
from zendesk_handoff.store.engine.backend import Prepare, Work

T = TypeVar("T")

#: What PostgreSQL answers when it undid a transaction so that another could go on: deadlock and
#: serialization failure (its manual, appendix A). Tried again, it goes through.
_UNDONE = frozenset({"40P01", "40001"})
_ATTEMPTS = 5
#: libpq's, which asyncpg takes as they are (PostgreSQL's manual, SSL Mode Descriptions).
_TLS_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
#: What else of a URL's query is an argument of asyncpg's ``connect`` that may be a string.
_IN_QUERY = ("host", "port", "user", "password", "database", "passfile", "target_session_attrs")


class PostgresAway(ConnectionError):
    """PostgreSQL let nobody in, or lost us; the text is the name of the driver's error alone."""


class PostgresBackend:
    """PostgreSQL, through asyncpg.

    Args:
        address: What ``postgres_address`` gives.
    """

    def __init__(self, address: Mapping[str, Any]) -> None:
        """Prepare the engine; ``open`` connects."""
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            pool_pre_ping=True,
            # A link that swallows packets must not hold up a user for ever, in seconds.
            connect_args={**address, "timeout": 5, "command_timeout": 30},
            pool_size=5,
            max_overflow=10,
            hide_parameters=True,
        )

    async def open(self, prepare: Prepare) -> None:
        """Connect."""
        with _telling_refusals():
            async with self.engine.connect() as connection:
                await prepare(connection.run_sync)

    async def read(self, work: Work[T]) -> T:
        """Do work that changes nothing."""
        with _telling_refusals():
            async with self.engine.connect() as connection:
                result = await connection.run_sync(work)
        return cast(T, result)

    async def write(self, work: Work[T]) -> T:
        """Do work in a transaction, anew where the database undid it in another's favour."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with _telling_refusals():
                    async with self.engine.begin() as connection:
                        return cast(T, await connection.run_sync(work))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in _UNDONE or attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        """Close the pool."""
        await self.engine.dispose()


def postgres_address(url: sa.engine.URL) -> dict[str, Any]:
    """Give the arguments of asyncpg's ``connect`` for a URL: the same for whoever connects.

    SQLAlchemy and asyncpg read a URL's query each in its own way, and neither spelling of TLS
    suits both.

    Args:
        url: ``postgresql://host/database``; ``sslmode``, or ``ssl``, is one of libpq's modes.

    Raises:
        SettingsError: The query holds something else. It is not quoted: where a password was not
            percent-encoded, it may be a part of that.
    """
    query = dict(url.query)
    modes = [query.pop(key) for key in ("ssl", "sslmode") if key in query]
    problems = []
    if any(mode not in _TLS_MODES for mode in modes):
        problems.append(f"sslmode must be one of {', '.join(_TLS_MODES)}.")
    if not query.keys() <= set(_IN_QUERY):
        names = ", ".join(_IN_QUERY)
        problems.append(f"after the question mark may come sslmode, {names}, and nothing else.")
    if problems:
        raise SettingsError([Problem("store_url", fault) for fault in problems])
    address = {**url.translate_connect_args(username="user"), **query}
    return {**address, "ssl": modes[-1]} if modes else address


@contextmanager
def _telling_refusals() -> Iterator[None]:
    """Raise ``PostgresAway`` for what SQLAlchemy lets through as it is.

    It wraps what statements raise, but not what connecting does (1.4, dialect asyncpg): a server
    that starts up, has too many clients, or does not take the password. Nor does it wrap what
    asyncpg says of itself on a connection that was just cut.
    """
    import asyncpg  # the extra `postgresql`

    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise PostgresAway(type(error).__name__) from None
