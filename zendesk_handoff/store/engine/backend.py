"""The database below the store, whichever it is: work on a connection, in a transaction.

A piece of work is a plain function of a SQLAlchemy connection, the same for both. It does nothing
but talk to the database, since it may be run twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy.engine import Connection

T = TypeVar("T")
Work = Callable[[Connection], T]
#: Brings a schema up to date, given what runs a function on a connection outside a transaction.
Prepare = Callable[[Callable[[Callable[[Connection], Any]], Awaitable[Any]]], Awaitable[None]]


class Backend(Protocol):
    """What the store asks of a database."""

    async def open(self, prepare: Prepare) -> None:
        """Connect; ``prepare`` brings the schema up to date before anything else happens."""

    async def read(self, work: Work[T]) -> T:
        """Do work that changes nothing; each of its statements sees what is committed by then."""

    async def write(self, work: Work[T]) -> T:
        """Do work in a transaction, and return once it is committed."""

    async def close(self) -> None:
        """Let go of the database."""
