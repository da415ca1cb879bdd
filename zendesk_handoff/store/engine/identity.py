"""An id of a database that two processes can compare: whether they use the same one.

It says nothing of where the database is. Two paths can name one file, and one path, in two
containers, two files; a copy of a file is another database.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

#: Linux: one for the machine, the same in all of its containers, until it is started again.
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def identity_of(connection: Connection) -> str:
    """Compute the id of a connection's database.

    Args:
        connection: In a transaction, or on SQLite without one.
    """
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("PRAGMA database_list").fetchall()
        return file_identity(next(str(row[2]) for row in rows if row[1] == "main"))
    # One id for the cluster, since it was created; readable for everybody (PostgreSQL: System
    # Information Functions).
    query = (
        "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = "
        "current_database()), current_schema() FROM pg_control_system()"
    )
    return _digest(*map(str, connection.execute(sa.text(query)).one()))


def file_identity(file: str) -> str:
    """Compute the id of an SQLite database, from the file and the machine that it is on.

    Args:
        file: The database's path; empty for one in memory.
    """
    found = os.stat(file) if file else None
    place = (str(found.st_dev), str(found.st_ino)) if found else (str(os.getpid()),)
    machine = str(uuid.getnode())
    with suppress(OSError):
        machine = _BOOT_ID.read_text(encoding="ascii").strip()
    return _digest(machine, *place)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
