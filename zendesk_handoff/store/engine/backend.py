"""The interface of a database backend: all that differs between SQLite and PostgreSQL.

A piece of work is a plain function of a SQLAlchemy connection, the same for SQLite and PostgreSQL.
It does nothing but talk to the database, since it may be run twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from zendesk_handoff.store.engine.problems import StoreProblem
from zendesk_handoff.store.engine.signals import Signals, Watch

T = TypeVar("T")
Work = Callable[[Connection], T]
#: Brings a schema up to date. Its argument runs a function on a connection without a transaction.
Prepare = Callable[[Callable[[Callable[[Connection], Any]], Awaitable[Any]]], Awaitable[None]]


class Backend(Protocol):
    """A database, as the store uses it.

    Attributes:
        name: The database for people, without user and password.
        writers: Number of writes that may run at once.
        batch_size: Number of waiting writes that share a transaction.
    """

    name: str
    writers: int
    batch_size: int

    async def open(self, prepare: Prepare) -> None:
        """Connect; ``prepare`` brings the schema up to date before anything else happens."""

    async def read(self, work: Work[T]) -> T:
        """Do read-only work; each of its statements sees the commits before it."""

    async def write(self, work: Work[T], *, in_thread: bool = False) -> T:
        """Do work in a transaction, and return once it is committed.

        ``in_thread`` says that the work would block the event loop.
        """

    def exists(self) -> bool:
        """Tell whether the database is there, as far as that is known without connecting."""

    def obstacle(self) -> StoreProblem | None:
        """Find out, without connecting, why the database cannot be opened."""

    def problem(self, error: BaseException) -> StoreProblem:
        """Put an error in words, without any of its own that may quote users or a password."""

    async def close(self) -> None:
        """Disconnect."""

    def watch(self, signals: Signals) -> Watch:
        """Return a watch that emits signals for commits of other processes."""

    def send(self, connection: Connection, topics: Iterable[str]) -> None:
        """Send signals to the watches of other processes, once the transaction is committed."""

    def now(self) -> Any:
        """Return the time in seconds since the epoch, by one clock for all processes."""

    def insert_new(self, table: sa.Table) -> Any:
        """Build an insert that leaves existing rows alone."""
