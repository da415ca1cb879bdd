"""Names and built-in texts of the responses about a handover.

A conversation designer writes these responses in ``domain.yml``; the built-in ones are used for
those that a domain lacks. A language is a file ``words/<language>.yml`` in the form of a domain's
``responses:``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from zendesk_handoff.domain.language import ENGLISH, language_of

STARTED = "utter_handoff_started"
STARTED_CLOSED = "utter_handoff_started_closed"
STARTED_CLOSED_FOR_LONG = "utter_handoff_started_closed_for_long"
FAILED = "utter_handoff_failed"
AGENT_JOINED = "utter_handoff_agent_joined"
AGENT_CHANGED = "utter_handoff_agent_changed"
ENDED = "utter_handoff_ended"
ENDED_EMAIL = "utter_handoff_ended_email"
ENDED_MOVED_TO_EMAIL = "utter_handoff_ended_moved_to_email"
ENDED_SOLVED = "utter_handoff_ended_solved"
ENDED_NO_AGENT = "utter_handoff_ended_no_agent"
ENDED_AGENT_SILENT = "utter_handoff_ended_agent_silent"
ENDED_USER_SILENT = "utter_handoff_ended_user_silent"
RATE = "utter_handoff_rate"
RATED = "utter_handoff_rated"
OFFER = "utter_handoff_offer"
DECLINED = "utter_handoff_declined"
NOT_PASSED_ON = "utter_handoff_not_passed_on"
DELAYED = "utter_handoff_delayed"
STILL_WAITING = "utter_handoff_waiting"
BACK_OFFER = "utter_handoff_back_offer"
HOW_TO_LEAVE = "utter_handoff_how_to_leave"
ELSEWHERE = "utter_handoff_elsewhere"
UNIDENTIFIED = "utter_handoff_unidentified"
MESSAGE_DELETED = "utter_handoff_message_deleted"
CLOSED = "utter_handoff_closed"
CLOSED_FOR_LONG = "utter_handoff_closed_for_long"
OFFER_MESSAGE = "utter_handoff_offer_message"
LEAVE_MESSAGE = "utter_handoff_leave_message"
MESSAGE_SENT = "utter_handoff_message_sent"
MESSAGE_FAILED = "utter_handoff_message_failed"
CONTACT = "utter_handoff_contact"
QUEUE = "utter_handoff_queue"
NO_EMAIL = "utter_handoff_no_email"
TOO_LONG = "utter_handoff_too_long"
TOO_MANY = "utter_handoff_too_many"
ASK_NAME = "utter_ask_handoff_name"
ASK_EMAIL = "utter_ask_handoff_email"
ASK_MESSAGE = "utter_ask_handoff_message"
ASK_TOPIC = "utter_ask_handoff_topic"

#: What is said of the handover itself: who has joined, and how long it takes.
NOTICES = frozenset({AGENT_JOINED, AGENT_CHANGED, STILL_WAITING, QUEUE, DELAYED})

#: The offers that `FrustrationPolicy` makes.
OFFERS = frozenset({OFFER, OFFER_MESSAGE})

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def languages() -> tuple[str, ...]:
    """List the languages that have built-in responses."""
    names = (entry.name for entry in (files(__package__) / "words").iterdir())
    return tuple(sorted(name.removesuffix(".yml") for name in names if name.endswith(".yml")))


def responses_in(locale: str | None) -> dict[str, list[dict[str, Any]]]:
    """Return the built-in responses in the form of a domain's ``responses:``.

    Args:
        locale: The language, as a BCP 47 tag; English where there is no file for it.
    """
    return deepcopy(dict(_responses(locale)))


def ended_responses(reason: str, *, email: str = "") -> tuple[str, ...]:
    """List the responses for the end of a session, the most specific first.

    Args:
        reason: Of the end; a designer may write a response for each.
        email: The address by which Zendesk knows the user; empty if it knows none.
    """
    by_reason = f"{ENDED}_{reason}"
    if by_reason == ENDED_MOVED_TO_EMAIL and email:
        return (ENDED_EMAIL, by_reason, ENDED)
    return (by_reason, ENDED)


def has_built_in(name: str) -> bool:
    """Tell whether a response has built-in words.

    Args:
        name: ``utter_handoff_…``.
    """
    return name in _read(ENGLISH)


def is_built_in(name: str, variations: Any) -> bool:
    """Tell whether a response of a domain is a built-in one, in whichever language.

    The importer puts those of the bot's language into the domain; they do not keep a user from
    hearing their own language, as a designer's words do.

    Args:
        name: ``utter_handoff_…``.
        variations: The response, as a domain has it.
    """
    return any(_read(language).get(name) == variations for language in languages())


def has_words(variations: Any, *, channel: str, slots: Mapping[str, Any] | None) -> bool:
    """Tell whether one of a response's variations is for a channel, and for the slots.

    Rasa says nothing at all where none is (Rasa's page "Responses": channel-specific and
    conditional response variations).

    Args:
        variations: The response, as a domain has it.
        channel: The name of the user's channel.
        slots: The values of the slots; ``None`` if they are not known: then each condition may fit.
    """
    return any(
        not isinstance(each, Mapping)
        or (
            each.get("channel") in (None, channel)
            and (slots is None or all(_is_met(one, slots) for one in each.get("condition") or ()))
        )
        for each in variations or ()
    )


def _is_met(condition: Mapping[str, Any], slots: Mapping[str, Any]) -> bool:
    wanted, given = condition.get("value"), slots.get(str(condition.get("name")))
    if isinstance(wanted, str) and isinstance(given, str):
        return wanted.casefold() == given.casefold()
    return bool(wanted == given)


def default_message(name: str, locale: str | None = None, **values: str) -> dict[str, Any]:
    """Return a built-in response as a message: ``text``, and ``buttons`` where it has some.

    Args:
        name: ``utter_handoff_…``; of a designer's own for the reason of an end, such as
            ``utter_handoff_ended_agent``, the words for any end.
        locale: The user's language, as a BCP 47 tag; English where there is no file for it.
        **values: The values of the placeholders, such as ``agent_name``.
    """
    known = name if has_built_in(name) or not name.startswith(f"{ENDED}_") else ENDED
    message = deepcopy(_responses(locale)[known][0])
    message["text"] = _PLACEHOLDER.sub(
        lambda found: values.get(found[1], found[0]), message["text"]
    )
    return message


def default_response(name: str, locale: str | None = None, **values: str) -> str:
    """Return the text of a built-in response.

    Args:
        name: ``utter_handoff_…``.
        locale: The user's language, as a BCP 47 tag; English where there is no file for it.
        **values: The values of the placeholders, such as ``agent_name``.
    """
    return str(default_message(name, locale, **values)["text"])


def _responses(locale: str | None) -> Mapping[str, list[dict[str, Any]]]:
    language = language_of(locale)
    return _read(language if language in languages() else ENGLISH)


@cache
def _read(language: str) -> Mapping[str, list[dict[str, Any]]]:
    text = (files(__package__) / "words" / f"{language}.yml").read_text(encoding="utf-8")
    table: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return table
