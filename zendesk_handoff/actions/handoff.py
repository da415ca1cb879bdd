"""The custom actions ``action_human_handoff`` and ``action_end_handoff``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ConversationPaused, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from structlog.contextvars import bound_contextvars

from zendesk_handoff import metrics
from zendesk_handoff.actions.request import request_session
from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.actions.user import find_language
from zendesk_handoff.domain.end_phrases import phrase_for
from zendesk_handoff.domain.responses import (
    ELSEWHERE,
    FAILED,
    HOW_TO_LEAVE,
    STARTED,
    UNIDENTIFIED,
    default_message,
    is_built_in,
)
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import ForeignSession, HandoffError, SharedSender
from zendesk_handoff.logs import describe_error

log = structlog.get_logger(__name__)

#: The channel on which a button shows how to leave.
_CHAT_PAGE = "webchat"


class ActionHumanHandoff(Action):
    """Hand the conversation to an agent: ``action_human_handoff``.

    The Rasa server opens the session; the action waits for the outcome. The user gets
    ``utter_handoff_started`` only after control is passed to the agents. If no Rasa server takes
    the request up, Zendesk rejects the handover, or does not complete it within ``open_timeout``,
    the user gets ``utter_handoff_failed``, and the bot goes on.
    """

    def __init__(self) -> None:
        """Serve this action server's metrics, if a port is configured for them."""
        metrics.serve_if_configured()

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_human_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Request a session, and pause the conversation once the agents are in control.

        Args:
            dispatcher: Receives the response to the user.
            tracker: The conversation; the summary is written from it.
            domain: The bot's domain, with its responses.
        """
        reason = tracker.get_slot("handoff_reason")
        with bound_contextvars(session=None, connector=None):
            try:
                resources = await open_resources()
                session = await request_session(resources, tracker)
            except (SharedSender, ForeignSession) as error:
                log.warning("handoff.session.refused", error=str(error))
                refused = UNIDENTIFIED if isinstance(error, SharedSender) else ELSEWHERE
                _utter(dispatcher, refused, tracker, domain)
                return [*_slots(tracker, State.FAILED, reason)]
            except Exception as error:
                # Any error, foreign ones included, must lead to an answer to the user.
                log.error("handoff.session.failed", error=describe_error(error))
                _utter(dispatcher, FAILED, tracker, domain)
                return [*_slots(tracker, State.FAILED, reason)]
        if not session.state.is_open or session.connected_at is None:
            # The user is notified by another process of the end, or of the outcome that is not
            # known yet: nothing may be promised.
            return []
        log.info("handoff.session.opened", session=session.id, connector=session.connector_id)
        _utter(dispatcher, STARTED, tracker, domain)
        if session.channel != _CHAT_PAGE:
            phrase = phrase_for(find_language(tracker), resources.settings.end_phrases)
            _utter(dispatcher, HOW_TO_LEAVE, tracker, domain, end_phrase=phrase)
        # The policy knows its own reason again by its text.
        slots = _slots(tracker, session.state, reason or session.reason)
        return [*slots, ConversationPaused()]


class ActionEndHandoff(Action):
    """Return the conversation from the agents to the bot: ``action_end_handoff``.

    The agents are notified after the user's last message. The Rasa server notifies the user,
    writes the transcript into the tracker and resumes it.
    """

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_end_handoff"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """End the sender's open session, if there is one.

        Args:
            dispatcher: Not used: the Rasa server notifies the user.
            tracker: The conversation.
            domain: Not used.
        """
        try:
            resources = await open_resources()
            session = await resources.store.sessions.current(tracker.sender_id)
            if session is not None and session.state.is_open:
                await resources.store.sessions.end_by_us(session.id, EndReason.BOT)
                log.info(
                    "handoff.session.taken_back", session=session.id, connector=session.connector_id
                )
        except HandoffError as error:
            log.error("handoff.end.failed", error=str(error))
        return []


def _slots(tracker: Tracker, state: State, reason: str | None) -> list[EventType]:
    values = {
        "handoff_status": state.value,
        "handoff_reason": reason if state.is_open else None,
        "handoff_end_reason": None,
    }
    return [SlotSet(name, value) for name, value in values.items() if name in tracker.slots]


def _utter(
    dispatcher: CollectingDispatcher,
    response: str,
    tracker: Tracker,
    domain: Mapping[str, Any],
    **values: str,
) -> None:
    variations = (domain.get("responses") or {}).get(response)
    if variations is None or is_built_in(response, variations):
        locale = find_language(tracker)
        dispatcher.utter_message(**default_message(response, locale, **values))
    elif any(_says_something(each) for each in variations):
        dispatcher.utter_message(response=response, **values)


def _says_something(variation: Any) -> bool:
    """Tell whether a designer has not emptied a response."""
    if not isinstance(variation, Mapping):
        return True
    said = {name: value for name, value in variation.items() if name != "channel" and value}
    return bool(said)
