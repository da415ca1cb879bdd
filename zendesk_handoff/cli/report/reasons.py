"""The kinds of reasons for a handover, recognised by the plugin's own sentences.

The store keeps the sentence that the agent has read. A bot's own may hold a user's words.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from zendesk_handoff import frustration
from zendesk_handoff.summary.labels import labels_of, languages

REQUEST = "request"
FRUSTRATION = "frustration"
OF_THE_BOT = "bot"


def name_reason(reason: str, *, shown: Collection[str] = ()) -> str:
    """Name the kind of a reason.

    Args:
        reason: As the agent has read it.
        shown: Reasons of the bot's own that are named by their words.

    Returns:
        ``request``, ``frustration`` or ``bot``, with the words behind it if they are shown.
    """
    if not reason or reason in _requests():
        return REQUEST
    if frustration.is_explanation(reason):
        return FRUSTRATION
    return f"{OF_THE_BOT}: {reason}" if reason in shown else OF_THE_BOT


@cache
def _requests() -> frozenset[str]:
    return frozenset(labels_of(each).asked_for_human for each in languages())
