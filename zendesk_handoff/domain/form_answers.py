"""Answers to the questions of the plugin's forms: given, skipped, or the form is left. No I/O."""

from __future__ import annotations

import re

from zendesk_handoff.domain.end_phrases import EndPhrases, Phrases, every_phrase
from zendesk_handoff.domain.profile import is_email

#: The form that takes a message while nobody is there, and the one before a handover.
MESSAGE_FORM = "handoff_message_form"
CONTACT_FORM = "handoff_contact_form"
#: The questions of each form, by the slot that gets the answer.
EMAIL, MESSAGE, NAME, TOPIC = "handoff_email", "handoff_message", "handoff_name", "handoff_topic"
QUESTIONS = {MESSAGE_FORM: (EMAIL, MESSAGE), CONTACT_FORM: (NAME, EMAIL, TOPIC)}
#: The value of a question that is not to be asked, or that was skipped: not ``None``, for which a
#: form asks.
NO_ANSWER = ""

_LEAVE = EndPhrases(
    (
        *every_phrase(),
        "/stop",
        *("cancel", "never mind", "nevermind", "forget it", "quit", "exit"),
        *("abbrechen", "abbruch", "vergiss es", "vergessen Sie es"),
        *("cancelar", "déjalo", "déjelo", "olvídalo", "olvídelo"),
        *("annuler", "laisse tomber", "laissez tomber", "oubliez"),
    )
)
_SKIP = Phrases(
    (
        *("skip", "no", "no thanks", "no thank you", "none", "I'd rather not", "rather not"),
        *("überspringen", "weiter", "nein", "nein danke", "keine", "lieber nicht"),
        *("saltar", "omitir", "no gracias", "ninguno", "ninguna", "prefiero no"),
        *("passer", "non", "non merci", "aucun", "aucune", "plutôt pas"),
    )
)
_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\"“”„]+@[^@\s<>()\[\],;:\"“”„]+")


def leaves_form(text: str) -> bool:
    """Tell whether an answer is nothing but a word for leaving the form.

    Args:
        text: The user's.
    """
    return text in _LEAVE


def skips_question(text: str) -> bool:
    """Tell whether an answer is nothing but a word for going on without one.

    Args:
        text: The user's.
    """
    return text in _SKIP


def find_email(text: str) -> str | None:
    """Find the e-mail address in an answer, which may be a sentence.

    Args:
        text: The user's.

    Returns:
        The address; ``None`` if there is none, or if there are several.
    """
    found = {each.strip("'‘’.!?…") for each in _ADDRESS.findall(text)}
    return found.pop() if len(found) == 1 and is_email(next(iter(found))) else None
