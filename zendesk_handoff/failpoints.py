"""The places between two steps, by name, where a test kills the process.

A step that reaches outside (Zendesk, the user) and the note of it in the store can never be one:
whoever dies in between must find out later how far it had come. Each such place is named here and
reached in the code, so that the tests can go through all of them and show what becomes of the
conversation. In production nothing looks at them.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from zendesk_handoff.domain.session import Step

#: Names a file; a process that reaches the boundary whose name stands in it kills itself.
FAILPOINT_VARIABLE = "ZENDESK_HANDOFF_FAILPOINT_FILE"

OPENING = (
    "opening.requested",
    *(f"opening.{step.value}.{when}" for step in Step for when in ("begun", "taken", "noted")),
    "opening.connected",
)
START_NOTIFICATION = ("start.said", "start.recorded")
FORWARDING = ("forward.begun", "forward.posted", "forward.noted")
CLOSING = ("closing.notified", "closing.accepted", "closing.released")
WEBCHAT = ("webchat.stored", "webchat.handled")
RECEIVING = ("receive.stored",)
DELIVERING = ("deliver.introduced", "deliver.sent", "deliver.noted")
PENDING = ("pending.claimed",)
ENDING = ("end.noted", "end.recorded", "end.said", "end.notified", "end.restarted")
FAILPOINTS = (
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

_stop_file = os.environ.get(FAILPOINT_VARIABLE)


def failpoint(name: str) -> None:
    """Pass a failpoint, or kill this process there where a test asks for it.

    Args:
        name: One of ``FAILPOINTS``.
    """
    if _stop_file is None:
        return
    assert name in FAILPOINTS, name
    file = Path(_stop_file)
    if file.is_file() and file.read_text().strip() == name:
        file.unlink()  # once: whoever is started again goes on
        os.kill(os.getpid(), signal.SIGKILL)
