"""The interface of a database backend: work on a connection, in a transaction.

A piece of work is a plain function of a SQLAlchemy connection, the same for SQLite and PostgreSQL.
It does nothing but talk to the database, since it may be run twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import Connection

T = TypeVar("T")
Work = Callable[[Connection], T]
#: Brings a schema up to date. Its argument runs a function on a connection without a transaction.
Prepare = Callable[[Callable[[Callable[[Connection], Any]], Awaitable[Any]]], Awaitable[None]]


class Backend(Protocol):
    """A database, as the store uses it."""

    async def open(self, prepare: Prepare) -> None:
        """Connect; ``prepare`` brings the schema up to date before anything else happens."""

    async def read(self, work: Work[T]) -> T:
        """Do read-only work; each of its statements sees the commits before it."""

    async def write(self, work: Work[T]) -> T:
        """Do work in a transaction, and return once it is committed."""

    async def close(self) -> None:
        """Disconnect."""
