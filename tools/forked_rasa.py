"""Rasa servers that start in seconds: forks of a process that has already imported Rasa.

Importing Rasa and TensorFlow is most of the cost of a start, and the crash scenarios start a server
many times. Each fork is a process of its own that runs the command ``rasa``.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

#: The module of the command ``rasa``.
RASA_MAIN = "rasa.__main__"
#: No module of the project: a fork imports these itself, with the environment of its server.
_PRELOADED = [
    RASA_MAIN,
    "rasa.core.run",
    "rasa.engine.recipes.default_components",
    "rasa.server",
    "alembic.command",
    "asyncpg",
    "psycopg2",
    "skops.io",  # reads models of scikit-learn; it searches every module there is when imported
    "sqlalchemy.ext.asyncio",
]
_context = multiprocessing.get_context("forkserver")


class ForkedRasa:
    """A command ``rasa`` in a fork, with the interface of ``subprocess.Popen``.

    Args:
        arguments: The arguments of ``rasa``.
        cwd: The working directory.
        env: The whole environment.
        log: The file to which the output is appended.
        main: The module whose ``main`` is called; Rasa's own by default.
    """

    def __init__(
        self,
        arguments: list[str],
        *,
        cwd: Path,
        env: dict[str, str],
        log: Path,
        main: str = RASA_MAIN,
    ) -> None:
        """Start the command."""
        _context.set_forkserver_preload(_PRELOADED)
        self._process: Any = _context.Process(
            target=_run, args=(arguments, str(cwd), env, str(log), main), daemon=False
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return int(self._process.pid)

    def poll(self) -> int | None:
        """Return the exit code, or ``None`` while the command runs."""
        code: int | None = self._process.exitcode
        return code

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()

    def wait(self, timeout: float) -> None:
        """Wait until the command ends.

        Raises:
            subprocess.TimeoutExpired: It still runs.
        """
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired("rasa", timeout)


def _run(arguments: list[str], cwd: str, env: dict[str, str], log: str, main: str) -> None:
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    warnings.simplefilter("ignore")
    sys.argv = ["rasa", *arguments]
    import_module(main).main()
