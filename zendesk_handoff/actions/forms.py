"""The checks of the plugin's forms: each question can be left, and some can be skipped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecutionRejected, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import REQUESTED_SLOT

from zendesk_handoff.actions.questions import CONTACT_SLOT, LEFT
from zendesk_handoff.actions.resources import read_settings_once
from zendesk_handoff.actions.slots import set_slots
from zendesk_handoff.actions.utter import utter
from zendesk_handoff.domain.end_phrases import EndPhrases
from zendesk_handoff.domain.form_answers import (
    CONTACT_FORM,
    EMAIL,
    MESSAGE,
    MESSAGE_FORM,
    NAME,
    NO_ANSWER,
    QUESTIONS,
    TOPIC,
    find_email,
    leaves_form,
    skips_question,
)
from zendesk_handoff.domain.responses import NO_EMAIL, TOO_LONG
from zendesk_handoff.domain.text import MAX_TEXT, units
from zendesk_handoff.errors import SettingsError

# Rasa's SDK makes an object of every subclass of Action that it sees: what they share is none.


class _Checks:
    """Check the answers to a form's questions."""

    form: str
    #: Whether a question can be skipped.
    can_skip: bool

    def name(self) -> str:
        """Return the name by which Rasa finds the check of a form."""
        return f"validate_{self.form}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Check the values that the form is about to take.

        Args:
            dispatcher: Receives what is wrong with an answer; the form then asks again.
            tracker: The conversation; its last events are the values.
            domain: The bot's domain, with its responses.
        """
        asked = tracker.slots.get(REQUESTED_SLOT)
        given = tracker.slots_to_validate()
        values = {slot: given[slot] for slot in QUESTIONS[self.form] if slot in given}
        answer = values.get(asked) if asked else None
        if isinstance(answer, str) and (leaves_form(answer) or _ends_session(answer)):
            return self.leave(tracker, asked)
        if isinstance(answer, str) and answer.startswith("/"):
            # A button from before: its intent is the bot's to answer, and the question stays.
            return [SlotSet(asked, None), ActionExecutionRejected(self.form)]
        if isinstance(answer, str) and self.can_skip and skips_question(answer):
            values[asked] = NO_ANSWER
        return [
            SlotSet(slot, self._checked(slot, value, dispatcher, tracker, domain))
            for slot, value in values.items()
        ]

    def leave(self, tracker: Tracker, asked: str) -> list[EventType]:
        """End the form without an answer to its question.

        Args:
            tracker: The conversation.
            asked: The slot of the question.
        """
        return [SlotSet(asked, None), SlotSet(REQUESTED_SLOT, None)]

    def _checked(
        self,
        slot: str,
        value: Any,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: Mapping[str, Any],
    ) -> str | None:
        """Return a value as it is kept; ``None`` if it has to be asked for again."""
        text = value.strip() if isinstance(value, str) else ""
        if not text:
            # Rasa also hands in the slots that were emptied for the questions.
            return NO_ANSWER if self.can_skip and value is not None else None
        if slot == EMAIL:
            email = find_email(text)
            if email is None:
                utter(dispatcher, NO_EMAIL, tracker, domain)
            return email
        if units(text) > MAX_TEXT:
            utter(dispatcher, TOO_LONG, tracker, domain)
            return None
        return text


def _ends_session(text: str) -> bool:
    """Tell whether an answer is one of the settings' phrases for leaving an agent."""
    try:
        return text in EndPhrases(read_settings_once().end_phrases)
    except SettingsError:
        return False  # the action behind the form logs what is wrong, and tells the user


class ValidateMessageForm(_Checks, Action):
    """Check the message for the agents, and the address to which they answer."""

    form = MESSAGE_FORM
    can_skip = False


class ValidateContactForm(_Checks, Action):
    """Check the answers before a handover."""

    form = CONTACT_FORM
    can_skip = True

    def leave(self, tracker: Tracker, asked: str) -> list[EventType]:
        """End the form, and let ``action_human_handoff`` know that no person is wanted."""
        return [*super().leave(tracker, asked), *set_slots(tracker, **{CONTACT_SLOT: LEFT})]


class _Question:
    """Ask one of the questions, in the designer's words or in the user's language."""

    slot: str

    def name(self) -> str:
        """Return the name by which Rasa finds what asks for a slot."""
        return f"action_ask_{self.slot}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        """Ask.

        Args:
            dispatcher: Receives the question.
            tracker: The conversation.
            domain: The bot's domain, with its responses.
        """
        utter(dispatcher, f"utter_ask_{self.slot}", tracker, domain)
        return []


class AskName(_Question, Action):
    """Ask for the user's name."""

    slot = NAME


class AskEmail(_Question, Action):
    """Ask for the user's e-mail address."""

    slot = EMAIL


class AskMessage(_Question, Action):
    """Ask for the message to the agents."""

    slot = MESSAGE


class AskTopic(_Question, Action):
    """Ask the designer's own question."""

    slot = TOPIC
