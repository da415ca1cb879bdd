"""What the policies may offer at an hour: the server's settings say when agents are there."""

from __future__ import annotations

import time
from typing import Literal

from rasa.shared.core.trackers import DialogueStateTracker

from zendesk_handoff.errors import UnknownWorkspace
from zendesk_handoff.settings import Settings, workspace_of

#: Those of the Rasa server in this process; none in training, in tests and in `rasa shell`.
_settings: list[Settings] = []


def use(settings: Settings | None) -> None:
    """Let the policies of this process know the hours.

    Args:
        settings: The server's; ``None`` once it has stopped.
    """
    _settings[:] = [] if settings is None else [settings]


def possible_now(
    tracker: DialogueStateTracker, metadata: object
) -> Literal["person", "message"] | None:
    """Tell what can be offered to a user at this moment.

    Args:
        tracker: The conversation.
        metadata: Of the user's last message.

    Returns:
        A person, or to take a message for one; ``None`` where neither is possible.
    """
    slot = tracker.slots.get("workspace")
    workspace = workspace_of(metadata, slot and slot.value)
    for settings in _settings:
        try:
            connector = settings.connector_for(workspace, sender_id=tracker.sender_id)
        except UnknownWorkspace:
            break  # the handover says what is wrong
        if connector.closing(time.time()) is not None:
            return "message" if connector.closed == "message" else None
    return "person"
