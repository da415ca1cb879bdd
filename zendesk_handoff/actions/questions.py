"""The questions that are asked before a handover, or in place of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from zendesk_handoff.actions.slots import set_slots
from zendesk_handoff.actions.user import find_identity
from zendesk_handoff.actions.utter import utter
from zendesk_handoff.domain.form_answers import (
    CONTACT_FORM,
    EMAIL,
    MESSAGE,
    MESSAGE_FORM,
    NAME,
    NO_ANSWER,
    QUESTIONS,
    TOPIC,
)
from zendesk_handoff.domain.identity import TRUSTED
from zendesk_handoff.domain.responses import CONTACT, LEAVE_MESSAGE
from zendesk_handoff.settings import Connector

log = structlog.get_logger(__name__)

#: The slot that says how far the questions before a handover are, and its values.
CONTACT_SLOT = "handoff_contact"
ASKED, LEFT = "asked", "left"


def ask_for_message(
    dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
) -> list[EventType]:
    """Begin the form that takes a message for the agents.

    An address that the channel or the site vouches for is not asked for.

    Args:
        dispatcher: Receives the words before the first question.
        tracker: The conversation.
        domain: The bot's domain.

    Returns:
        Nothing, where the bot has no such form.
    """
    if not _has_form(MESSAGE_FORM, tracker):
        return []
    utter(dispatcher, LEAVE_MESSAGE, tracker, domain)
    known = [
        fact.value
        for fact in find_identity(tracker).facts
        if fact.field == "email" and fact.origin in TRUSTED
    ]
    email = known[0] if known else tracker.slots.get(EMAIL) or None
    values = set_slots(tracker, **{EMAIL: email, MESSAGE: None})
    return [*values, FollowupAction(MESSAGE_FORM)]


def ask_before(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    domain: Mapping[str, Any],
    connector: Connector,
) -> list[EventType]:
    """Begin the form with the questions that a connector asks before a handover.

    Args:
        dispatcher: Receives the words before the first question.
        tracker: The conversation.
        domain: The bot's domain.
        connector: The connector, with its settings.

    Returns:
        Nothing, if there is nothing to ask, or if it was asked already.
    """
    questions = _open_questions(tracker, connector)
    if not questions or tracker.slots.get(CONTACT_SLOT) is not None:
        return []
    if not _has_form(CONTACT_FORM, tracker):
        return []
    utter(dispatcher, CONTACT, tracker, domain)
    # A form asks for the slots without a value.
    values: list[EventType] = [
        SlotSet(slot, None if slot in questions else tracker.slots.get(slot) or NO_ANSWER)
        for slot in QUESTIONS[CONTACT_FORM]
    ]
    return [*values, SlotSet(CONTACT_SLOT, ASKED), FollowupAction(CONTACT_FORM)]


def _open_questions(tracker: Tracker, connector: Connector) -> list[str]:
    """List the slots of the questions to ask."""
    identity = find_identity(tracker)
    found = []
    for slot, field in ((NAME, "name"), (EMAIL, "email")):
        origins = {fact.origin for fact in identity.facts if fact.field == field}
        is_known = bool(origins if connector.contact == "when_missing" else origins & TRUSTED)
        if connector.contact != "never" and not is_known:
            found.append(slot)
    return [*found, TOPIC] if connector.ask_topic else found


def _has_form(form: str, tracker: Tracker) -> bool:
    """Tell whether the bot has a form, and log where the settings need one that it has not.

    Its slots tell: with Rasa's ``enable_selective_domain`` an action does not get the domain.
    """
    if all(slot in tracker.slots for slot in (*QUESTIONS[form], CONTACT_SLOT)):
        return True
    log.error(
        "handoff.form.missing",
        form=form,
        meaning="the model has no such form: zendesk_handoff.HandoffImporter brings it; a bot of "
        "flows has none",
    )
    return False
