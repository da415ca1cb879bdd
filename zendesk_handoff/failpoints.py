"""Named failpoints between two steps, at which a test kills the process.

A call to the outside (Zendesk, the user) and its record in the store are never atomic: a process
that dies in between must find out later how far it had come. Each such point has a name here, so
that the tests can crash a server at every one of them. In production they do nothing.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from zendesk_handoff.domain.session import Step

#: Names a file; a process that reaches the failpoint named in it kills itself.
FAILPOINT_VARIABLE = "ZENDESK_HANDOFF_FAILPOINT_FILE"

#: In the action server.
REQUESTING = ("opening.requested",)
OPENING = (
    "opening.taken_up",
    *(f"opening.{step.value}.{when}" for step in Step for when in ("begun", "called", "recorded")),
    "opening.connected",
)
START_NOTIFICATION = ("start.sent", "start.recorded")
FORWARDING = ("forward.begun", "forward.posted", "forward.recorded")
CLOSING = ("closing.notified", "closing.accepted", "closing.released")
WEBCHAT = ("webchat.stored", "webchat.handled")
RECEIVING = ("receive.stored",)
DELIVERING = ("deliver.introduced", "deliver.sent", "deliver.recorded")
PENDING = ("pending.claimed",)
ENDING = ("end.stored", "end.recorded", "end.sent", "end.notified", "end.restarted")
FAILPOINTS = (
    *REQUESTING,
    *OPENING,
    *START_NOTIFICATION,
    *FORWARDING,
    *CLOSING,
    *WEBCHAT,
    *RECEIVING,
    *DELIVERING,
    *PENDING,
    *ENDING,
)

_failpoint_file = os.environ.get(FAILPOINT_VARIABLE)


def failpoint(name: str) -> None:
    """Kill this process if a test asks for it at this failpoint.

    Args:
        name: One of ``FAILPOINTS``.
    """
    if _failpoint_file is None:
        return
    assert name in FAILPOINTS, name
    file = Path(_failpoint_file)
    if file.is_file() and file.read_text().strip() == name:
        file.unlink()  # so that the restarted process goes on
        os.kill(os.getpid(), signal.SIGKILL)
