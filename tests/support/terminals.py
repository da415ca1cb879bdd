"""A command in a pseudo-terminal: questions are awaited, then answered."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.paths import ROOT


class Terminal:
    """A running command, and everything that its terminal has shown.

    Args:
        *arguments: The command's arguments, as ``zendesk-handoff`` takes them.
        folder: Its working directory.
        environ: Variables on top of this process's.
    """

    def __init__(self, *arguments: str, folder: Path, environ: Mapping[str, str]) -> None:
        self.shown = ""
        self._read_to = 0
        self._ours, theirs = pty.openpty()
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "zendesk_handoff.cli", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={**os.environ, "TERM": "xterm", "PYTHONPATH": path, **environ},
        )
        os.close(theirs)

    def answer(self, question: str, text: str) -> None:
        """Await a question and type an answer with a line's end."""
        self.wait_for(question)
        os.write(self._ours, f"{text}\n".encode())

    def interrupt(self, question: str) -> None:
        """Await a question and send what Ctrl-C sends."""
        self.wait_for(question)
        self.process.send_signal(signal.SIGINT)

    def wait_for(self, text: str) -> None:
        """Read until a text is shown behind everything that was awaited before."""
        while (found := self.shown.find(text, self._read_to)) < 0:
            assert self._read(), f"{text!r} is not asked:\n{self.shown}"
        self._read_to = found + len(text)

    def finish(self) -> int:
        """Read to the end; return the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self.process.wait()

    def _read(self) -> bool:
        try:
            read = os.read(self._ours, 4096)
        except OSError:  # Linux says so when the other side has closed
            return False
        self.shown += read.decode(errors="replace").replace("\r\n", "\n")
        return bool(read)
