"""The custom actions ``action_human_handoff`` and ``action_end_handoff``."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ConversationPaused, EventType
from rasa_sdk.executor import CollectingDispatcher
from structlog.contextvars import bound_contextvars

from zendesk_handoff import metrics
from zendesk_handoff.actions.closed import answer_closed
from zendesk_handoff.actions.questions import CONTACT_SLOT, LEFT, ask_before
from zendesk_handoff.actions.request import refuse_shared, request_session
from zendesk_handoff.actions.resources import Resources, open_resources
from zendesk_handoff.actions.slots import record_outcome, set_slots
from zendesk_handoff.actions.user import find_language, find_workspace
from zendesk_handoff.actions.utter import utter
from zendesk_handoff.domain.end_phrases import phrase_for
from zendesk_handoff.domain.native import NATIVE_CHANNEL
from zendesk_handoff.domain.responses import (
    DECLINED,
    ELSEWHERE,
    FAILED,
    HOW_TO_LEAVE,
    QUEUE,
    STARTED,
    UNIDENTIFIED,
)
from zendesk_handoff.domain.session import EndReason, Session, State
from zendesk_handoff.domain.times import say_duration
from zendesk_handoff.errors import ForeignSession, HandoffError, SharedSender, StoreUnavailable
from zendesk_handoff.logs import describe_error

log = structlog.get_logger(__name__)

#: Channels on which no phrase leads back to the bot: the chat page has a button for it, and in
#: native conversations the bot does not hear what is said to agents.
_WITHOUT_PHRASE = frozenset({"webchat", NATIVE_CHANNEL})


class ActionHumanHandoff(Action):
    """Hand the conversation to an agent: ``action_human_handoff``.

    The Rasa server opens the session; the action waits for the outcome. The user gets
    ``utter_handoff_started`` only after control is passed to the agents. If no Rasa server takes
    the request up, Zendesk rejects the handover, or does not complete it within ``open_timeout``,
    the user gets ``utter_handoff_failed``, and the bot goes on. Outside of the connector's hours
    nobody is promised: the user hears when somebody is back.
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
        if tracker.slots.get(CONTACT_SLOT) == LEFT:
            utter(dispatcher, DECLINED, tracker, domain)
            return set_slots(tracker, handoff_reason=None, **{CONTACT_SLOT: None})
        with bound_contextvars(session=None, connector=None):
            try:
                resources = await open_resources()
                refuse_shared(resources, tracker)
                connector = resources.settings.connector_for(
                    find_workspace(tracker), sender_id=tracker.sender_id
                )
                closing = connector.closing(time.time())
                if closing is not None:
                    return answer_closed(dispatcher, tracker, domain, connector, closing)
                questions = ask_before(dispatcher, tracker, domain, connector)
                if questions:
                    return questions
                session = await request_session(resources, tracker)
            except (SharedSender, ForeignSession) as error:
                log.warning("handoff.session.refused", error=str(error))
                refused = UNIDENTIFIED if isinstance(error, SharedSender) else ELSEWHERE
                utter(dispatcher, refused, tracker, domain)
                return record_outcome(tracker, State.FAILED.value)
            except Exception as error:
                # Any error, foreign ones included, must lead to an answer to the user.
                log.error("handoff.session.failed", error=describe_error(error))
                utter(dispatcher, FAILED, tracker, domain)
                return record_outcome(tracker, State.FAILED.value)
        if not session.state.is_open or session.connected_at is None:
            # The user is notified by another process of the end, or of the outcome that is not
            # known yet: nothing may be promised.
            return []
        log.info("handoff.session.opened", session=session.id, connector=session.connector_id)
        utter(dispatcher, STARTED, tracker, domain)
        wait = await _usual_wait(resources, session)
        if wait is not None:
            utter(
                dispatcher, QUEUE, tracker, domain, wait=say_duration(wait, find_language(tracker))
            )
        if session.channel not in _WITHOUT_PHRASE:
            phrase = phrase_for(find_language(tracker), resources.settings.end_phrases)
            utter(dispatcher, HOW_TO_LEAVE, tracker, domain, end_phrase=phrase)
        # The policy knows its own reason again by its text.
        reason = tracker.get_slot("handoff_reason") or session.reason
        slots = record_outcome(tracker, session.state.value, reason=reason)
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


async def _usual_wait(resources: Resources, session: Session) -> float | None:
    """Return the seconds that users usually wait; ``None`` where nothing is said about it."""
    connector = resources.settings.connectors.get(session.connector_id)
    if connector is None or not connector.tell_wait:
        return None
    with suppress(StoreUnavailable):
        return await resources.store.waits.usual(session, now=time.time())
    return None
