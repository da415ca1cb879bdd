"""``zendesk-handoff`` that a test can kill wherever it has just changed Zendesk or a file.

``python -m tests.support.killed_setup ARGUMENT…``; the environment names the folder of `killable`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import wraps
from pathlib import Path

from tests.support.killable import FOLDER_VARIABLE, Places, wrap_calls
from zendesk_handoff.adopt import connector_secrets, files, setup_plan, ticket_events_plan
from zendesk_handoff.adopt.files import FileChange
from zendesk_handoff.cli import app


def wrap_files(places: Places) -> None:
    write = files.write_all

    @wraps(write)
    def write_and_pass(changes: Sequence[FileChange]) -> None:
        write(changes)
        places.pass_by(f"write {changes[-1].path.name}")

    for module in (connector_secrets, setup_plan, ticket_events_plan):
        module.write_all = write_and_pass  # type: ignore[attr-defined]


if __name__ == "__main__":
    places = Places("setup", Path(os.environ[FOLDER_VARIABLE]))
    wrap_calls(places)
    wrap_files(places)
    app()
