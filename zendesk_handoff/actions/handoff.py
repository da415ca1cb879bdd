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
from zendesk_handoff.actions.user import find_profile
from zendesk_handoff.domain.responses import FAILED, STARTED, default_response
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.errors import HandoffError
from zendesk_handoff.logs import describe_error
from zendesk_handoff.summary import labels_of

log = structlog.get_logger(__name__)


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
        reason = _reason(tracker)
        with bound_contextvars(session=None, connector=None):
            try:
                session = await request_session(await open_resources(), tracker, reason=reason)
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
        return [*_slots(tracker, session.state, reason), ConversationPaused()]


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


def _reason(tracker: Tracker) -> str:
    """Read the reason that a policy or the bot has set, else "asked for a human"."""
    reason = tracker.get_slot("handoff_reason")
    return str(reason or labels_of(find_profile(tracker).get("locale")).asked_for_human)


def _slots(tracker: Tracker, state: State, reason: str) -> list[EventType]:
    values = {
        "handoff_status": state.value,
        "handoff_reason": reason if state.is_open else None,
        "handoff_end_reason": None,
    }
    return [SlotSet(name, value) for name, value in values.items() if name in tracker.slots]


def _utter(
    dispatcher: CollectingDispatcher, response: str, tracker: Tracker, domain: Mapping[str, Any]
) -> None:
    if response in (domain.get("responses") or {}):
        dispatcher.utter_message(response=response)
    else:
        locale = find_profile(tracker).get("locale")
        dispatcher.utter_message(text=default_response(response, locale))
