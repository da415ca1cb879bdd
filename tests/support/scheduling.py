"""Distribution of the tests to workers: those that share servers stay together."""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

#: Folders whose files share servers, which take half a minute to start.
_FOLDERS = tuple(
    f"tests/scenarios/{each}/" for each in ("kills", "browser", "channels", "native", "")
)


class ByServers(LoadFileScheduling):
    """The tests of a file go to one worker, and so do those of a folder with servers of its own."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((each for each in _FOLDERS if nodeid.startswith(each)), "")
        return folder or super()._split_scope(nodeid)


def make_scheduler(config: pytest.Config, log: Producer) -> ByServers | None:
    """Make the scheduler of a run, unless it asks for another.

    Args:
        config: The run's.
        log: The scheduler's.
    """
    return ByServers(config, log) if config.getoption("dist") == "loadfile" else None
