"""The user of a tracker: workspace and identity, from message metadata or slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker

from zendesk_handoff.domain.identity import USER_KEY, Identity, KnownUser, gather
from zendesk_handoff.domain.language import LANGUAGE_KEY
from zendesk_handoff.settings import DEFAULT_WORKSPACE


def find_workspace(tracker: Tracker) -> str:
    """Find the user's workspace: the message's metadata, else the slot, else ``default``.

    Args:
        tracker: The conversation.
    """
    workspace = _metadata(tracker).get("workspace") or tracker.slots.get("workspace")
    return str(workspace) if workspace else DEFAULT_WORKSPACE


def find_identity(tracker: Tracker) -> Identity:
    """Find out who the user is, each value with its origin.

    What the channel or the site around the chat page knows stands in the metadata under a key that
    only the Rasa server writes. Everything else was told: by the address of the page or the client
    of a channel, in the metadata; by the user, in slots.

    Args:
        tracker: The conversation.
    """
    metadata = _metadata(tracker)
    told = [_texts(metadata), _texts(tracker.slots)]
    locale = next((each["locale"] for each in told if each.get("locale")), "")
    return gather(_known_user(tracker), told, locale=locale)


def find_language(tracker: Tracker) -> str | None:
    """Find the language for what the user is told: their own if it is known, else the bot's.

    Args:
        tracker: The conversation.

    Returns:
        A BCP 47 tag; ``None`` if neither is known.
    """
    locale = find_identity(tracker).profile().get("locale")
    if locale:
        return locale
    recorded = _recorded(tracker, LANGUAGE_KEY)
    return recorded if isinstance(recorded, str) else None


def _known_user(tracker: Tracker) -> KnownUser | None:
    """Read what the Rasa server has recorded with the user's last message that has it.

    A triggered intent has no metadata, and neither has a message that is replayed to the bot.
    """
    return KnownUser.from_json(_recorded(tracker, USER_KEY))


def _recorded(tracker: Tracker, key: str) -> Any:
    """Find a value that the Rasa server has recorded with the user's last message that has it."""
    users = (event for event in reversed(tracker.events or ()) if event.get("event") == "user")
    every = (event.get("metadata") for event in users)
    found = (each[key] for each in every if isinstance(each, Mapping) and key in each)
    return next(found, _metadata(tracker).get(key))


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    found = {name: values.get(name) for name in ("name", "email", "locale")}
    return {name: str(value) for name, value in found.items() if value}


def _metadata(tracker: Tracker) -> Mapping[str, Any]:
    metadata = (tracker.latest_message or {}).get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}
