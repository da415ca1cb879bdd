"""The request for a person at an hour at which nobody is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from zendesk_handoff.actions.questions import ask_for_message
from zendesk_handoff.actions.slots import record_outcome
from zendesk_handoff.actions.user import find_language
from zendesk_handoff.actions.utter import utter
from zendesk_handoff.domain.hours import Closing
from zendesk_handoff.domain.responses import CLOSED, CLOSED_FOR_LONG
from zendesk_handoff.domain.times import say_when
from zendesk_handoff.settings import Connector

log = structlog.get_logger(__name__)

#: The value of the slot ``handoff_status`` of a request that came while nobody was there.
STATUS = "closed"


def answer_closed(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    domain: Mapping[str, Any],
    connector: Connector,
    closing: Closing,
) -> list[EventType]:
    """Tell the user when somebody is back, and begin to take a message if the settings want one.

    Nobody is promised, and the bot goes on.

    Args:
        dispatcher: Receives the responses.
        tracker: The conversation.
        domain: The bot's domain, with its responses and forms.
        connector: The connector, with its settings.
        closing: When somebody is back.
    """
    log.info("handoff.request.outside_hours", opens=str(closing.opens))
    if closing.opens is None:
        utter(dispatcher, CLOSED_FOR_LONG, tracker, domain)
    else:
        when = say_when(closing.opens, closing.now, find_language(tracker))
        utter(dispatcher, CLOSED, tracker, domain, opens=when)
    opens = closing.opens.isoformat() if closing.opens else None
    if connector.closed != "message":
        return record_outcome(tracker, STATUS, opens=opens)
    # The reason of the request becomes the message's.
    reason = tracker.get_slot("handoff_reason")
    told = record_outcome(tracker, STATUS, reason=reason, opens=opens)
    return [*told, *ask_for_message(dispatcher, tracker, domain)]
