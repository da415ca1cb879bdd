"""Checks of the store: reachable, writable, and of a version that this package knows."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from zendesk_handoff.checks.finding import Finding, fine, problem, skipped, warning
from zendesk_handoff.errors import IncompatibleSchema, MissingDependency, SettingsError
from zendesk_handoff.store.engine.inspect import StoreState, inspect_postgresql, inspect_sqlite
from zendesk_handoff.store.engine.problems import (
    StoreProblem,
    file_problem,
    postgresql_problem,
    sqlite_problem,
)
from zendesk_handoff.store.engine.read_only import sqlite_file, store_name

#: Megabytes that should be free where an SQLite store is.
_LEAST_FREE = 100


async def check_store(url: str) -> tuple[list[Finding], StoreState | None]:
    """Check the store without writing to it.

    Args:
        url: The setting ``store_url``.

    Returns:
        The findings, and the store's state if it can be read.
    """
    file = sqlite_file(url)
    if file is not None:
        return _check_sqlite(file)
    try:
        state = await inspect_postgresql(url)
    except SettingsError as error:
        cure = "Change store_url in credentials.yml."
        return [problem("store", each.message, cure) for each in error.problems], None
    except IncompatibleSchema as error:
        return [_foreign(error)], None
    except MissingDependency as error:
        cause, _, cure = str(error).partition(". ")
        return [problem("store", f"{cause}.", cure)], None
    except Exception as error:
        return [problem("store", *postgresql_problem(error, store_name(url)))], None
    if state.problem:
        cause = f"{state.name} cannot be written: {state.problem}."
        cure = "Grant the user of store_url the rights, or name another database."
        return [problem("store", cause, cure)], state
    return [fine("store", state.name), _schema(state)], state


def _check_sqlite(file: Path) -> tuple[list[Finding], StoreState | None]:
    obstacle = _obstacle(file)
    if obstacle is not None:
        return [problem("store", *obstacle)], None
    if not file.exists():
        cause = f"sqlite:///{file} does not exist yet; the Rasa server makes it when it starts."
        return [skipped("store", cause)], None
    try:
        state = inspect_sqlite(file)
    except IncompatibleSchema as error:
        return [_foreign(error)], None
    except sqlite3.Error as error:
        return [problem("store", *sqlite_problem(error, file))], None
    found = [fine("store", state.name), _schema(state)]
    free = _free_megabytes(file.parent)
    if free < _LEAST_FREE:
        cause = f"The disk of {file.parent} has {free} MB left."
        found.append(warning("store", cause, "Make room: without it no message is stored."))
    return found, state


def _obstacle(file: Path) -> StoreProblem | None:
    """Find what keeps the servers from making and writing the file, without doing either."""
    found = file_problem(file)
    if found is None and not os.access(file.parent, os.W_OK | os.X_OK):
        # SQLite writes files beside the database.
        return sqlite_problem(PermissionError(errno.EACCES, ""), file)
    return found


def _schema(state: StoreState) -> Finding:
    if state.version is None:
        return skipped("store schema", "No tables yet; the first server makes them.")
    if state.is_newer:
        cause = f"The tables are of version {state.version}, and this package knows {state.newest}."
        return problem("store schema", cause, "Install the newer version of the plugin again.")
    if state.version < state.newest:
        cause = f"Version {state.version}; the next start brings it to {state.newest}."
        return fine("store schema", cause)
    return fine("store schema", f"Version {state.version}.")


def _foreign(error: IncompatibleSchema) -> Finding:
    return problem("store", str(error), "Name another database in store_url.")


def _free_megabytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return int(found.f_bavail * found.f_frsize // (1024 * 1024))
