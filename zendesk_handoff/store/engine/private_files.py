"""The files of an SQLite store: for their owner alone."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_PRIVATE = stat.S_IRUSR | stat.S_IWUSR
#: The database, and the files that SQLite keeps beside it (SQLite: Temporary Files, section 2).
_SUFFIXES = ("", "-wal", "-shm", "-journal")


def keep_private(database: Path) -> None:
    """Let nobody but its owner read a database, which holds what users wrote.

    A missing file is made with mode 0600, which SQLite gives to the files beside it, too. The mode
    of existing files is narrowed; that of other users' files cannot be, which is logged.

    Args:
        database: The file of the database. It need not exist.

    Raises:
        OSError: It cannot be made or written; SQLite's own error would not say why.
    """
    # An existing file is not opened: closing it would drop the locks that this process has on it
    # (SQLite: How To Corrupt, section 2.2).
    with suppress(FileExistsError):
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_RDWR, _PRIVATE))
    if database.is_dir():
        raise IsADirectoryError(errno.EISDIR, "")
    if not os.access(database, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, "")
    for suffix in _SUFFIXES:
        file = database.with_name(database.name + suffix)
        try:
            is_open = stat.S_IMODE(file.stat().st_mode) & ~_PRIVATE
            if is_open and stat.S_ISREG(file.stat().st_mode):
                file.chmod(_PRIVATE)
                log.info("handoff.store.file_made_private", file=file.name)
        except FileNotFoundError:
            continue
        except OSError:
            log.warning("handoff.store.file_not_private", file=file.name)
