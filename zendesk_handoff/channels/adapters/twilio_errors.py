"""Twilio's errors, as errors with a reason for the agent. No I/O.

Meanings: "Error and Warning Dictionary" (https://www.twilio.com/docs/api/errors).
"""

from __future__ import annotations

from zendesk_handoff.channels.adapters.refusals import http_refusal
from zendesk_handoff.errors import NotDelivered
from zendesk_handoff.rasa.adapter import Outcome

#: What an error means to an agent.
_MEANINGS = {
    20003: "the bot's account may not send; its credentials are wrong or it is suspended",
    21211: "the user's number is not valid",
    21212: "the bot's number is not valid",
    21408: "the bot's account may not send to the user's country",
    21606: "the bot's number cannot send to the user",
    21610: "the user has unsubscribed with STOP",
    21612: "the user cannot be reached from the bot's number",
    21614: "the user's number cannot receive messages",
    21617: "the text is too long",
    21620: "the channel cannot read the file",
    30003: "the user's phone cannot be reached",
    30004: "the user's phone or network blocks the bot",
    30005: "the user's number is unknown or no longer in use",
    30006: "the user's number is a landline, or cannot be reached",
    30007: "the network has taken the message for spam",
    30008: "the network does not tell why",
    63003: "the user's number has no account there",
    63007: "the bot's number has no account there",
    63013: "the message breaks the channel's policy",
    63016: "the user has not written for 24 hours; until they do, WhatsApp takes only templates",
    63019: "the channel cannot read the file",
    63021: "the channel does not take a file of this kind",
    63024: "the user's number has no account there",
    63036: "the user has no account there",
}
#: Limits on the rate, full queues and failures of the platform behind Twilio.
_MAY_REPEAT = frozenset({14107, 20429, 21611, 30001, 63012, 63018, 63022})
#: Refused for the file: the same can be said in words, with a link to it.
_FILE_ERRORS = frozenset({11200, 12300, 21620, 30011, 63019, 63021})
#: Nothing else reaches the user before they write.
_CLOSED = frozenset({21610, 63016})
#: Concern a message: its text, its file, or what a channel's policy says of it.
_OF_FORM = _FILE_ERRORS | {21617, 30007, 63013}
#: The channel's words for a message that nobody can deliver any more.
_UNKNOWN = "the channel could not deliver it"


def refusal(status: int, code: object) -> NotDelivered:
    """Make the error of a call that Twilio has refused.

    Args:
        status: The HTTP status.
        code: Twilio's code of the error. Its text may quote the message, so it is not used.
    """
    number = _number(code)
    return http_refusal(
        status,
        _words(number),
        may_repeat=True if number in _MAY_REPEAT else None,
        is_of_form=number in _OF_FORM if number in _MEANINGS else None,
    )


def late_refusal(code: object) -> Outcome:
    """Make the outcome of a message that Twilio had taken and could not deliver.

    Args:
        code: Twilio's code of the error.
    """
    number = _number(code)
    words = _words(number) or _UNKNOWN
    return Outcome(
        is_delivered=False,
        reason=words,
        in_words=number in _FILE_ERRORS,
        is_closed=number in _CLOSED,
    )


def _number(code: object) -> int | None:
    text = str(code)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _words(number: int | None) -> str:
    if number is None:
        return ""
    meaning = _MEANINGS.get(number, _UNKNOWN)
    return f"{meaning}; Twilio's error {number}"
