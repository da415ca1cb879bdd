"""Ratings of a session by its user, from 1 to 5."""

from __future__ import annotations

import re

#: Before the number, in the payload of a button of ``utter_handoff_rate``.
RATING_PAYLOAD = "/handoff_rating_"
#: Before the number, in the ticket's tag.
RATING_TAG = "rasa_rating_"
_PAYLOAD = re.compile(rf"{RATING_PAYLOAD}([1-5])")
_NUMBER = re.compile(r"\s*([1-5])\s*[.!]?\s*", re.ASCII)


def rating_of_payload(text: str) -> int | None:
    """Read a rating from the payload of a button; ``None`` if it is none.

    Args:
        text: A user's message.
    """
    found = _PAYLOAD.fullmatch(text)
    return int(found[1]) if found else None


def rating_in(text: str) -> int | None:
    """Read a rating from the answer to the question: the payload, or a number alone.

    Args:
        text: A user's message.
    """
    number = _NUMBER.fullmatch(text)
    return int(number[1]) if number else rating_of_payload(text)
