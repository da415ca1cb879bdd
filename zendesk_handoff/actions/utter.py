"""What the actions say: the designer's own words, else the built-in ones in the user's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from zendesk_handoff.actions.user import find_language
from zendesk_handoff.domain.responses import default_message, has_words, is_built_in


def utter(
    dispatcher: CollectingDispatcher,
    response: str,
    tracker: Tracker,
    domain: Mapping[str, Any],
    **values: str,
) -> None:
    """Say a response, unless a designer has emptied it.

    Words for other channels, or for other values of slots, are none here: the user hears the
    built-in ones.

    Args:
        dispatcher: Receives it.
        response: ``utter_handoff_…``.
        tracker: The conversation, for the user's language.
        domain: The bot's domain, with its responses.
        **values: The values of the placeholders.
    """
    own = (domain.get("responses") or {}).get(response)
    if own is None or is_built_in(response, own):
        own = ()
    elif not any(_says_something(each) for each in own):
        return
    channel = tracker.get_latest_input_channel() or ""
    if has_words(own, channel=channel, slots=tracker.slots):
        dispatcher.utter_message(response=response, **values)
    else:
        locale = find_language(tracker)
        dispatcher.utter_message(**default_message(response, locale, **values))


def _says_something(variation: Any) -> bool:
    """Tell whether a designer has not emptied a response."""
    if not isinstance(variation, Mapping):
        return True
    said = {name: value for name, value in variation.items() if name != "channel" and value}
    return bool(said)
