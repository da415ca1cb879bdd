"""Pauses of Python's garbage collector, which holds up every request.

A full collection looks at every object of the process, the model's included, and takes about 0.3 s
beside Rasa's libraries. The many new objects of a long tracker cause several. They are in no
cycles, and are freed as soon as the tracker is dropped: until then no collection is needed.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which the collector runs again, whatever is still loaded.
_LONGEST = 10.0


class _Pause:
    """Counts who needs the pause; used in the event loop's thread alone."""

    def __init__(self) -> None:
        self._count = 0
        self._since = 0.0

    def begin(self) -> bool:
        if self._count:
            self._count += 1
            if time.monotonic() > self._since + _LONGEST:
                gc.enable()  # one pause after the other must not become a pause for ever
            return True
        if not gc.isenabled():
            return False  # it is somebody else's pause
        gc.disable()
        self._count, self._since = 1, time.monotonic()
        return True

    def end(self) -> None:
        self._count -= 1
        if not self._count:
            gc.enable()


_pause = _Pause()


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the garbage collector while a tracker is loaded; pauses may overlap."""
    is_ours = _pause.begin()
    try:
        yield
    finally:
        if is_ours:
            _pause.end()
