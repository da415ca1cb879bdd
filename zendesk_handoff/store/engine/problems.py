"""Errors of a database in words: the cause, and what to do about it.

The texts of drivers may quote an address with its password, or a statement with what users wrote:
only their kinds are read.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sqlite3
import ssl
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

#: Seconds for which a connection to PostgreSQL is tried.
CONNECT_TIMEOUT = 5.0
_MEND = "correct `store_url` in credentials.yml"


class StoreProblem(NamedTuple):
    """Why a store cannot be used.

    Attributes:
        cause: A sentence.
        cure: A sentence: what to do.
    """

    cause: str
    cure: str

    def __str__(self) -> str:
        """Write both."""
        return f"{self.cause} {self.cure}"


def file_problem(file: Path) -> StoreProblem | None:
    """Find out why an SQLite database cannot be opened or made, without making it.

    Args:
        file: The database's file.
    """
    try:
        if file.is_dir():
            return _file_problem(OSError(errno.EISDIR, ""), file)
        if file.exists():
            # It is not opened: closing it would drop the locks that this process has on it, and
            # another process would take away the log that is in use (SQLite: How To Corrupt,
            # section 2.2).
            if not os.access(file, os.R_OK | os.W_OK):
                return _file_problem(OSError(errno.EACCES, ""), file)
        elif not file.parent.is_dir():
            code = errno.ENOTDIR if file.parent.exists() else errno.ENOENT
            return _file_problem(OSError(code, ""), file)
        elif not os.access(file.parent, os.W_OK | os.X_OK):
            return _file_problem(OSError(errno.EACCES, ""), file)
    except OSError as error:
        return _file_problem(error, file)
    return None


def sqlite_problem(error: BaseException, file: Path) -> StoreProblem:
    """Put an error of an SQLite database in words.

    Args:
        error: SQLAlchemy's, SQLite's or the operating system's.
        file: The database's file.
    """
    error = _driver_error(error)
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return StoreProblem(
            f"The store {file} is locked by another process.",
            "Find it with `fuser` or `lsof`: a backup, or a tool that has left a transaction open.",
        )
    if isinstance(error, OSError):
        return _file_problem(error, file)
    text = str(error).lower() if isinstance(error, sqlite3.Error) else ""
    if "not a database" in text or "malformed" in text:
        return StoreProblem(
            f"{file} is no SQLite database, or is damaged.",
            f"Name another file in `store_url`, or restore this one; the servers make a new store "
            f"where {file.name} is not there.",
        )
    if "readonly" in text or "unable to open" in text:
        return StoreProblem(
            f"The store {file} cannot be written by this user; SQLite also writes files beside it.",
            f"Give the servers' user the right to write in {file.parent}, or {_MEND}.",
        )
    if "full" in text or "disk i/o" in text:
        return StoreProblem(
            f"The disk of {file.parent} is full, or fails.", "Make room, or replace the disk."
        )
    if "locked" in text or "busy" in text:
        return sqlite_problem(TimeoutError(), file)
    return StoreProblem(
        f"The store {file} did not answer ({type(error).__name__}).",
        f"Look at the file and its folder, or {_MEND}.",
    )


def _file_problem(error: OSError, file: Path) -> StoreProblem:
    folder = file.parent
    if error.errno == errno.ENOENT:
        return StoreProblem(
            f"The folder {folder} of the store does not exist.",
            f"Make it (mkdir -p {folder}), or {_MEND}.",
        )
    if error.errno == errno.ENOTDIR:
        return StoreProblem(f"{folder} is not a folder.", f"Please {_MEND}.")
    if error.errno == errno.EISDIR:
        return StoreProblem(f"{file} is a folder.", "Name a file in it in `store_url`.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StoreProblem(
            f"The store {file} cannot be written: {os.strerror(error.errno).lower()}.",
            f"Give the servers' user the right to write in {folder}, or {_MEND}.",
        )
    if error.errno == errno.ENOSPC:
        return StoreProblem(f"The disk of {folder} is full.", "Make room.")
    reason = os.strerror(error.errno).lower() if error.errno else type(error).__name__
    return StoreProblem(f"The store {file} cannot be opened: {reason}.", f"Please {_MEND}.")


#: By the name of asyncpg's error, which is that of PostgreSQL's condition.
_CONDITIONS = {
    "InvalidPasswordError": "refuses the user or the password",
    "InvalidAuthorizationSpecificationError": "refuses the user, or this machine (pg_hba.conf)",
    "InvalidCatalogNameError": "has no database of that name",
    "InsufficientPrivilegeError": "does not let the user do that",
    "CannotConnectNowError": "is starting up, or shutting down",
    "TooManyConnectionsError": "has no free connection",
    "ReadOnlySQLTransactionError": "is read-only: a standby, perhaps",
    "DiskFullError": "has no room on its disk",
    "ObjectNotInPrerequisiteStateError": "does not accept connections to the database",
}
_CURES = {
    "InvalidPasswordError": "Correct user and password in `store_url`.",
    "InvalidAuthorizationSpecificationError": "Correct the user in `store_url`, or pg_hba.conf.",
    "InvalidCatalogNameError": "Make it with createdb, or correct the name in `store_url`.",
    "InsufficientPrivilegeError": "Grant it: GRANT CREATE, USAGE ON SCHEMA public TO the user of "
    "`store_url`.",
    "TooManyConnectionsError": "Raise max_connections, or run fewer servers.",
    "DiskFullError": "Make room.",
    "ReadOnlySQLTransactionError": "Name the primary server in `store_url`.",
}


def postgresql_problem(error: BaseException, name: str) -> StoreProblem:
    """Put an error of a PostgreSQL database in words.

    Args:
        error: SQLAlchemy's, asyncpg's or the operating system's.
        name: The database for people, without user and password.
    """
    error = _driver_error(error)
    kind = type(error).__name__
    if kind in _CONDITIONS:
        cure = _CURES.get(kind, "Wait, or look at the server's log.")
        return StoreProblem(f"PostgreSQL at {name} {_CONDITIONS[kind]}.", cure)
    if isinstance(error, socket.gaierror):
        return StoreProblem(
            f"The host of {name} has no address.", "Correct its name in `store_url`."
        )
    if isinstance(error, ssl.SSLError) or (
        isinstance(error, ConnectionError) and "SSL" in str(error)
    ):
        return StoreProblem(
            f"PostgreSQL at {name} and this machine agree on no TLS.",
            "Correct `sslmode` in `store_url`, or the certificates.",
        )
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return StoreProblem(
            f"PostgreSQL at {name} does not answer in {CONNECT_TIMEOUT:g} s.",
            "Look at host and port in `store_url`, and at the firewall.",
        )
    if isinstance(error, OSError):
        return StoreProblem(
            f"Nothing answers at {name}.", "Start PostgreSQL, or correct `store_url`."
        )
    return StoreProblem(
        f"PostgreSQL at {name} did not answer ({kind}).", "Look at the server's log."
    )


def _driver_error(error: BaseException) -> BaseException:
    """Unwrap an error that SQLAlchemy has wrapped, for asyncpg twice."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
        if not isinstance(error, sqlite3.Error) and error.__cause__ is not None:
            error = error.__cause__
    # What the PostgreSQL backend raises for asyncpg's own errors has them as its cause.
    if isinstance(error, ConnectionError) and error.__cause__ is not None:
        error = error.__cause__
    return error
