"""The reason of a handover, in the agents' language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Tracker

from zendesk_handoff import frustration
from zendesk_handoff.summary import labels_of

#: Where explanations stand: the policy's with its action, the command generator's with the message.
_HOLDERS = {"action": "metadata", "user": "parse_data"}


def reason_for_agents(tracker: Tracker, language: str) -> str:
    """Tell why the user is handed over.

    ``FrustrationPolicy`` and ``HandoffCommandGenerator`` give their reason in the user's language,
    and the signs behind it: with these it is said in the agents'. A reason of the bot's own is
    taken as it is.

    Args:
        tracker: The conversation.
        language: Of the agents.
    """
    given = tracker.get_slot("handoff_reason")
    if not given:
        return labels_of(language).asked_for_human
    explanation = _explanation(tracker, str(given))
    if explanation is None:
        return str(given)
    signs = _signs(explanation.get("signs"))
    if not signs and explanation.get("reasons"):
        return str(given)  # of a model from before the signs were recorded
    return frustration.explain(frustration.in_words(signs, locale=language), locale=language)


def kind_of_reason(tracker: Tracker) -> str:
    """Tell the kind of the reason, for the routes of tickets.

    Args:
        tracker: The conversation.

    Returns:
        ``frustration`` if ``FrustrationPolicy`` has given the reason, ``request`` if nobody has;
        else the bot's own reason.
    """
    given = tracker.get_slot("handoff_reason")
    if not given:
        return "request"
    return str(given) if _explanation(tracker, str(given)) is None else "frustration"


def _explanation(tracker: Tracker, reason: str) -> Mapping[str, Any] | None:
    """Find the explanation whose reason stands in the slot: with an action, or with a message."""
    for event in reversed(tracker.events or ()):
        holder = event.get(_HOLDERS.get(str(event.get("event")), ""))
        found = holder.get(frustration.EXPLANATION_KEY) if isinstance(holder, Mapping) else None
        if isinstance(found, Mapping) and found.get("reason") == reason:
            return found
    return None


def _signs(values: object) -> list[frustration.Sign]:
    pairs: Iterable[Any] = values if isinstance(values, list) else ()
    return [
        frustration.Sign(pair[0], pair[1])
        for pair in pairs
        if isinstance(pair, list)
        and len(pair) == 2
        and isinstance(pair[0], str)
        and isinstance(pair[1], int)
    ]
