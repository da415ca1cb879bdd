"""Texts that Rasa would read as payloads, and how they are kept from it.

Rasa takes a message whose first visible character is a slash for a payload: its intent and its
entities count, even if a user has typed them (Rasa's page "Responses", "Buttons":
https://rasa.com/docs/rasa/responses#buttons). A mark in front makes words of it, for Rasa's own
interpreter, for one behind HTTP, and for whatever else looks at the first character.
"""

from __future__ import annotations

import unicodedata

from zendesk_handoff.domain.end_phrases import END_PAYLOAD, RESTART_PAYLOAD

#: U+2060, the word joiner: invisible, no white space, so that ``str.strip`` leaves it.
_MARK = "\u2060"
#: Payloads of the plugin that anybody may send.
COMMANDS = frozenset({END_PAYLOAD, RESTART_PAYLOAD, "/stop"})
#: Categories of characters that show nothing: what removes them must not lay a payload bare.
_INVISIBLE = ("C", "Z")


def is_payload(text: str) -> bool:
    """Tell whether the first visible character of a text is a slash.

    Args:
        text: A user's.
    """
    first = next((each for each in text if unicodedata.category(each)[0] not in _INVISIBLE), "")
    return first == "/"


def command_of(text: str) -> str | None:
    """Return the command that a text is, in its own spelling; ``None`` if it is none.

    A command has no entities, which Rasa would put into slots.

    Args:
        text: A user's.
    """
    command = text.strip().lower()
    return command if command in COMMANDS else None


def as_words(text: str) -> str:
    """Mark a text, if it needs it, so that Rasa does not read it as a payload.

    Args:
        text: A user's.
    """
    return f"{_MARK}{text}" if is_payload(text) else text


def without_mark(text: str) -> str:
    """Return a text as its user wrote it.

    Args:
        text: A text that ``as_words`` may have marked.
    """
    return text.removeprefix(_MARK)
