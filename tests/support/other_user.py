"""Another user of this machine, without rights: root may write everywhere."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


def as_nobody(work: Callable[[], str]) -> str:
    """Call a function, if this is root in a fork that has become a user without rights.

    Args:
        work: Its result comes back; it raises nothing.
    """
    if os.geteuid() != 0:
        return work()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.setuid(_NOBODY)
        os.write(write, work().encode())
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as result:
        return result.read()


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that everybody may read: pytest's are for their owner alone."""
    folder = Path(tempfile.mkdtemp(prefix="handoff-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
