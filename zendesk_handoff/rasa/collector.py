"""Python's garbage collector, which holds up every request while it works.

A full collection looks at every object of the process: half a million beside Rasa's libraries,
which takes about 0.3 s. What a server has loaded at its start stays for as long as it lives, so it
is left out from then on, and a full collection takes 0.01 s. The many new objects of a long tracker
cause several all the same. They are in no cycles, and are freed as soon as the tracker is dropped:
until then no collection is needed.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds after which the collector runs again, whatever is still loaded.
_LONGEST = 10.0


def leave_out_loaded() -> None:
    """Leave out of all collections what is loaded now; garbage among it is collected first."""
    gc.collect()
    gc.freeze()


def collect_all_again() -> None:
    """Let collections look at everything, for a process that goes on after the server."""
    gc.unfreeze()


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
