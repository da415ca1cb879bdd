"""Servers in processes of their own, on free ports, for tests and benchmarks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tools.forked_rasa import RASA_MAIN, ForkedRasa
from tools.paths import ROOT

#: The command of this environment.
RASA = str(Path(sys.executable).parent / "rasa")
#: Variables that keep Rasa and its libraries from reporting anything but errors.
QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "PYTHONWARNINGS": "ignore",
    "PYTHONUNBUFFERED": "1",
}


def free_port() -> int:
    """Find a TCP port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(url: str) -> bool:
    """Check whether an address answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@dataclass
class Process:
    """A server in a process of its own, with its output in a file.

    Args:
        name: Its name in errors.
        command: Program and arguments; the program `RASA` is forked, which starts faster.
        ready: An address that answers 200 once the server is up.
        log: The file to which its output is appended.
        env: Variables added to this process' own.
        folder: Its working directory.
        main: The module whose ``main`` a fork of `RASA` calls.
    """

    name: str
    command: list[str]
    ready: str
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    folder: Path = ROOT
    main: str = RASA_MAIN
    running: subprocess.Popen[bytes] | ForkedRasa | None = None

    def start(self, *, timeout: float = 240.0) -> None:
        """Start it and wait until it is ready.

        Raises:
            RuntimeError: It ended or was not ready in time; the error quotes its output.
        """
        self.running = self._run({**os.environ, **QUIET, **self.env})
        deadline = time.monotonic() + timeout
        while not is_ready(self.ready):
            if self.running.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.2)

    def has_ended(self) -> bool:
        """Check whether it is not running."""
        return self.running is None or self.running.poll() is not None

    def stop(self, *, kill: bool = False) -> None:
        """Terminate or kill it, and wait until it has ended."""
        if self.running is None:
            return
        if kill:
            self.running.kill()
        else:
            self.running.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.running.wait(20)
        self.running.kill()
        self.running = None

    def _run(self, env: dict[str, str]) -> subprocess.Popen[bytes] | ForkedRasa:
        program, *arguments = self.command
        if program == RASA:
            return ForkedRasa(arguments, cwd=self.folder, env=env, log=self.log, main=self.main)
        with self.log.open("ab") as output:
            return subprocess.Popen(
                self.command, cwd=self.folder, env=env, stdout=output, stderr=subprocess.STDOUT
            )
