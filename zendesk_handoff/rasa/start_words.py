"""Words for the start of a session that no action has announced."""

from __future__ import annotations

from zendesk_handoff.domain.responses import STARTED, STARTED_CLOSED, STARTED_CLOSED_FOR_LONG
from zendesk_handoff.domain.times import say_when
from zendesk_handoff.settings import Connector


def start_words(
    connector: Connector | None, *, at: float, locale: str | None
) -> tuple[str, dict[str, str]]:
    """Choose the response for a start, and the values of its variables.

    An action hands nobody over outside of the hours; a bot that has failed does, since nobody else
    would answer. Its user is not promised that somebody is there.

    Args:
        connector: The session's, if the settings have it.
        at: When the agents have got the conversation, in seconds since the epoch.
        locale: The user's language.
    """
    closing = None if connector is None else connector.closing(at)
    if closing is None:
        return STARTED, {}
    if closing.opens is None:
        return STARTED_CLOSED_FOR_LONG, {}
    return STARTED_CLOSED, {"opens": say_when(closing.opens, closing.now, locale)}
