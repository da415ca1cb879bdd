"""Rasa servers that start in seconds: forked from a process that has imported Rasa already.

Importing Rasa and TensorFlow is most of what a start costs, and the stories of kill -9 start a
server forty times. What is forked is a process of its own that does what the command ``rasa`` does.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

#: Nothing of the project's: its modules are imported anew, with the server's own environment.
_IMPORTED = [
    "rasa.__main__",
    "rasa.core.run",
    "rasa.engine.recipes.default_components",
    "rasa.server",
    "alembic.command",
    "asyncpg",
    "psycopg2",
    "skops.io",  # of which a model of sklearn is read; it looks through every module there is
    "sqlalchemy.ext.asyncio",
]
_context = multiprocessing.get_context("forkserver")


class Preloaded:
    """A command ``rasa``, run in a fork; it is used like a ``subprocess.Popen``.

    Args:
        arguments: What follows ``rasa``.
        cwd: Where it runs.
        env: Its whole environment.
        log: A file that its output is added to.
    """

    def __init__(self, arguments: list[str], *, cwd: Path, env: dict[str, str], log: Path) -> None:
        _context.set_forkserver_preload(_IMPORTED)
        self._process: Any = _context.Process(
            target=_run, args=(arguments, str(cwd), env, str(log)), daemon=False
        )
        self._process.start()

    def poll(self) -> int | None:
        code: int | None = self._process.exitcode
        return code

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float) -> None:
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired("rasa", timeout)


def _run(arguments: list[str], cwd: str, env: dict[str, str], log: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(there, here)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    warnings.simplefilter("ignore")
    sys.argv = ["rasa", *arguments]
    from rasa.__main__ import main

    main()
