"""The user of a tracker: workspace and profile, from message metadata or slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker

from zendesk_handoff.domain.profile import build_profile
from zendesk_handoff.settings import DEFAULT_WORKSPACE


def find_workspace(tracker: Tracker) -> str:
    """Find the user's workspace: the message's metadata, else the slot, else ``default``.

    Args:
        tracker: The conversation.
    """
    workspace = _metadata(tracker).get("workspace") or tracker.slots.get("workspace")
    return str(workspace) if workspace else DEFAULT_WORKSPACE


def find_profile(tracker: Tracker) -> dict[str, str]:
    """Find the user's profile for Zendesk.

    The message's metadata takes precedence over slots: the site around the chat knows its users,
    slots hold what users said.

    Args:
        tracker: The conversation.

    Returns:
        ``givenName``, ``surname``, ``email``, ``locale``, those that are known.
    """
    metadata = _metadata(tracker)

    def find(name: str) -> str:
        value = metadata.get(name) or tracker.slots.get(name)
        return str(value) if value else ""

    return build_profile(name=find("name"), email=find("email"), locale=find("locale"))


def _metadata(tracker: Tracker) -> Mapping[str, Any]:
    metadata = (tracker.latest_message or {}).get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}
