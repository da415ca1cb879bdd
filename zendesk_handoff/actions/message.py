"""The action that sends a message to the agents, which was left while nobody was there."""

from __future__ import annotations

from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from structlog.contextvars import bound_contextvars

from zendesk_handoff.actions.request import request_session
from zendesk_handoff.actions.resources import open_resources
from zendesk_handoff.actions.slots import record_outcome, set_slots
from zendesk_handoff.actions.utter import utter
from zendesk_handoff.domain.form_answers import EMAIL, MESSAGE
from zendesk_handoff.domain.responses import DECLINED, MESSAGE_FAILED, MESSAGE_SENT
from zendesk_handoff.domain.session import EndReason, State
from zendesk_handoff.logs import describe_error

log = structlog.get_logger(__name__)


class ActionHandoffMessage(Action):
    """Send the message that a form has collected: ``action_handoff_message``.

    It becomes a conversation at Zendesk with the user's address, which agents answer by e-mail. The
    bot goes on; the user hears that it was sent once the agents have it.
    """

    def name(self) -> str:
        """Return the action's name in the domain."""
        return "action_handoff_message"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Send the message, unless the user has left the form.

        Args:
            dispatcher: Receives the response to the user.
            tracker: The conversation; the summary is written from it.
            domain: The bot's domain, with its responses.
        """
        email, message = tracker.slots.get(EMAIL), tracker.slots.get(MESSAGE)
        if not email or not message:
            utter(dispatcher, DECLINED, tracker, domain)
            return set_slots(tracker, handoff_reason=None, **{MESSAGE: None})
        with bound_contextvars(session=None, connector=None):
            try:
                resources = await open_resources()
                session = await request_session(resources, tracker, message=str(message))
                is_ours = await resources.store.requests.claim_outcome(session.id)
            except Exception as error:
                # Any error, foreign ones included, must lead to an answer to the user.
                log.error("handoff.message.failed", error=describe_error(error))
                utter(dispatcher, MESSAGE_FAILED, tracker, domain)
                return record_outcome(tracker, State.FAILED.value)
        if not is_ours:
            return []  # another process notifies the user
        log.info("handoff.message.left", session=session.id, connector=session.connector_id)
        utter(dispatcher, MESSAGE_SENT, tracker, domain, email=str(email))
        return record_outcome(tracker, EndReason.MESSAGE_LEFT.value)
