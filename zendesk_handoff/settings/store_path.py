"""The path of an SQLite store: it counts from the folder of ``credentials.yml``.

Both servers and the command line read the same file, and may run in different folders: a path that
counted from there would be another database in each.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from zendesk_handoff.settings.values import text

log = structlog.get_logger(__name__)

_SQLITE = re.compile(r"sqlite:///(?P<path>[^?]+)(?P<query>\?.*)?")
_SQLITE_FORM = re.compile(r"sqlite://(?:/.*)?")
_SCHEME = re.compile(r"(?:sqlite|postgresql|postgres)://")
_IN_MEMORY = ":memory:"


def read_store_url(value: Any, example: str) -> str:
    """Read the address of a database."""
    found = text(value, example)
    try:
        is_known = _SCHEME.match(found) and make_url(found.replace("postgres://", "postgresql://"))
    except (ArgumentError, ValueError):  # a port that is no number, for example
        is_known = None
    if not is_known or (found.startswith("sqlite") and not _SQLITE_FORM.fullmatch(found)):
        raise ValueError(
            "must be sqlite:///handoff.db, with three slashes, or postgresql://host/database."
        )
    return found


def place_store(url: str, folder: Path) -> str:
    """Make the path of an SQLite URL absolute; other URLs stay as they are.

    Before the path counted from the folder of ``credentials.yml``, it counted from the working
    directory. A database that is there, and not in the folder, is used, and a warning says so.

    Args:
        url: The setting ``store_url``.
        folder: The folder of ``credentials.yml``.
    """
    found = _SQLITE.fullmatch(url)
    if found is None or found["path"] == _IN_MEMORY or os.path.isabs(found["path"]):
        return url
    here, there = os.path.abspath(found["path"]), os.path.abspath(folder / found["path"])
    if "?" in there:  # an URL has no way to write it
        return url
    if here != there and os.path.exists(here) and not os.path.exists(there):
        log.warning(
            "handoff.store.in_working_directory",
            store=here,
            remedy=f"stop all servers and move the database to {there}, with the files beside it "
            "that begin with its name; or write its whole path into store_url",
        )
        there = here
    return f"sqlite:///{there}{found['query'] or ''}"
