"""The bot's memory of a human leg: with ``learn: summary``, a line in a slot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered

from zendesk_handoff.domain.dialogue import Dialogue, Turn
from zendesk_handoff.domain.session import Session, State
from zendesk_handoff.rasa.trackers import OpenTracker
from zendesk_handoff.settings import Settings
from zendesk_handoff.summary import find_outcome

SLOT = "handoff_outcome"


async def outcome_of(
    settings: Settings, session: Session, human_leg: Sequence[Event], *, language: str | None
) -> list[Event]:
    """Make the events that record what the agents have told the user.

    Args:
        settings: The plugin's settings.
        session: A session that is over.
        human_leg: Its messages, as the tracker gets them.
        language: The bot's, for a user whose own is not known.

    Returns:
        The slot, empty where no person has said anything of substance: what an earlier session
        left would be taken for this one's. Nothing unless the settings ask for it, nor after a
        handover that has failed.
    """
    if settings.learn != "summary" or session.state is State.FAILED:
        return []
    dialogue = Dialogue(tuple(turn for each in human_leg if (turn := _turn(each)) is not None))
    locale = session.profile.get("locale") or language
    # In a thread, as its cost grows with the messages.
    found = await asyncio.to_thread(find_outcome, dialogue, locale=locale, redact=settings.redact)
    return [SlotSet(SLOT, found or None)]


def keep_outcome(tracker: OpenTracker, before: str | None) -> list[Event]:
    """Make the events that take the slot into a new Rasa session, where the domain drops slots.

    Args:
        tracker: With the new session.
        before: The slot's value in the session before.
    """
    return [SlotSet(SLOT, before)] if read_outcome(tracker) != before else []


def read_outcome(tracker: OpenTracker) -> str | None:
    """Read the slot; ``None`` where it is empty, or the domain has no such slot.

    Args:
        tracker: Of a user.
    """
    slot = tracker.tracker.slots.get(SLOT)
    return None if slot is None else slot.value


def _turn(event: Event) -> Turn | None:
    """Read a message; automations and macros resolve nothing."""
    if isinstance(event, UserUttered):
        return Turn("user", event.text or "")
    if isinstance(event, BotUttered) and event.metadata.get("is_agent"):
        return Turn("bot", event.text or "")
    return None
