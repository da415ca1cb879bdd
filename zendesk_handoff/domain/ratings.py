"""Ratings of a session by its user, from 1 to 5."""

from __future__ import annotations

import re
import unicodedata

#: The best rating; the question has a button for each.
MAX_RATING = 5
#: Before the number, in the payload of a button of ``utter_handoff_rate``.
RATING_PAYLOAD = "/handoff_rating_"
#: Before the number, in the ticket's tag.
RATING_TAG = "rasa_rating_"
_PAYLOAD = re.compile(rf"{RATING_PAYLOAD}([1-5])")
_NUMBER = re.compile(r"([1-5])\s*(?:/\s*5)?\s*[.!]?", re.ASCII)
#: Stars, as people send them: with and without the mark that makes an emoji of one.
_STARS = re.compile("(?:[\u2b50\u2605\U0001f31f]\ufe0f?\\s*){1,5}")


def rating_of_payload(text: str) -> int | None:
    """Read a rating from the payload of a button; ``None`` if it is none.

    Args:
        text: A user's message.
    """
    found = _PAYLOAD.fullmatch(text)
    return int(found[1]) if found else None


def rating_in(text: str) -> int | None:
    """Read a rating from the answer to the question: the payload, a number alone, or stars.

    Args:
        text: A user's message. The number may be written as ``4/5``.
    """
    answer = text.strip()
    if _STARS.fullmatch(answer):
        return sum(unicodedata.category(each) == "So" for each in answer)
    number = _NUMBER.fullmatch(answer)
    return int(number[1]) if number else rating_of_payload(text)
