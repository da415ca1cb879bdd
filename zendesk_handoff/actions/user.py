"""The user of a tracker: workspace and identity, from message metadata or slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rasa_sdk import Tracker

from zendesk_handoff.domain.form_answers import EMAIL, NAME
from zendesk_handoff.domain.identity import USER_KEY, Identity, KnownUser, gather
from zendesk_handoff.domain.language import LANGUAGE_KEY
from zendesk_handoff.domain.templates import plain
from zendesk_handoff.settings import workspace_of

#: Keys of a message's metadata: the page on which it was written, and the browser. Clients tell.
PAGE_KEY, BROWSER_KEY = "page", "browser"
_MAX_PAGE, _MAX_BROWSER = 1000, 300


def find_workspace(tracker: Tracker) -> str:
    """Find the user's workspace.

    Args:
        tracker: The conversation.
    """
    return workspace_of(message_metadata(tracker), tracker.slots.get("workspace"))


def find_identity(tracker: Tracker) -> Identity:
    """Find out who the user is, each value with its origin.

    What the channel or the site around the chat page knows stands in the metadata under a key that
    only the Rasa server writes. Everything else was told: by the user, in answers to the plugin's
    forms; by the address of the page or the client of a channel, in the metadata; by the user, in
    slots of the bot.

    Args:
        tracker: The conversation.
    """
    metadata = message_metadata(tracker)
    asked = {"name": tracker.slots.get(NAME), "email": tracker.slots.get(EMAIL)}
    told = [_texts(asked), _texts(metadata), _texts(tracker.slots)]
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


def find_page(tracker: Tracker) -> str | None:
    """Find the address of the page on which the user is, without its query and fragment.

    These may have a token, or what a user has typed.

    Args:
        tracker: The conversation.
    """
    value = _recorded(tracker, PAGE_KEY)
    try:
        parts = urlsplit(value.strip() if isinstance(value, str) else "")
        host = parts.netloc.rpartition("@")[2]
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:  # `http://[`
        return None
    if not is_address or any(each.isspace() for each in host + parts.path):
        return None
    return plain(f"{parts.scheme}://{host}{parts.path}"[:_MAX_PAGE])


def find_browser(tracker: Tracker) -> str | None:
    """Find the browser's name for itself (RFC 9110: ``User-Agent``).

    Args:
        tracker: The conversation.
    """
    value = _recorded(tracker, BROWSER_KEY)
    return plain(" ".join(value.split())[:_MAX_BROWSER]) if isinstance(value, str) else None


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
    return next(found, message_metadata(tracker).get(key))


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Read what may be a text: slots and metadata have values of any type."""
    found = {name: values.get(name) for name in ("name", "email", "locale")}
    texts = {name: plain(value) for name, value in found.items() if not isinstance(value, bool)}
    return {name: text for name, text in texts.items() if text}


def message_metadata(tracker: Tracker) -> Mapping[str, Any]:
    """Read the metadata of the user's last message: told by its sender, not verified.

    Args:
        tracker: The conversation.
    """
    metadata = (tracker.latest_message or {}).get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}
