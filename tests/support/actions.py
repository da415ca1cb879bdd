"""The custom actions, run as the action server does."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

CREDENTIALS = "ZENDESK_HANDOFF_CREDENTIALS"
SLOTS = dict.fromkeys(
    (
        *("handoff_status", "handoff_reason", "handoff_end_reason", "handoff_opens"),
        *("handoff_contact", "handoff_name", "handoff_email", "handoff_message", "handoff_topic"),
    )
)


def tracker(*, events: Any = (), loop: str | None = None, **slots: Any) -> Tracker:
    """Make the tracker of a user who has asked for a person.

    Args:
        events: Added after the user's message.
        loop: The active form.
        **slots: Values of slots, besides the plugin's.
    """
    said = [{"event": "user", "text": "a human please", "parse_data": {}}, *events]
    latest = {"metadata": {}, "text": "a human please"}
    active = {"name": loop} if loop else {}
    values = {**SLOTS, **slots}
    return Tracker("jo@example.com", values, latest, said, False, None, active, "action_listen")


async def run(
    action: Action, found: Tracker, domain: dict[str, Any] | None = None
) -> tuple[list[dict[str, Any]], dict[str, Any], bool]:
    """Run an action; return its messages, the slots that it sets, and whether it pauses."""
    messages, events = await run_whole(action, found, domain)
    slots = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
    return messages, slots, any(each["event"] == "pause" for each in events)


async def run_whole(
    action: Action, found: Tracker, domain: dict[str, Any] | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Run an action; return its messages and its events."""
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, found, domain or {})
    return dispatcher.messages, list(events)
