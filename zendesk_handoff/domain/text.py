"""Splitting of text that is too long for one Zendesk message."""

from __future__ import annotations

import regex

#: Conversations API: schema `textMessage`. Its unit is not documented; UTF-16 is the strictest.
MAX_TEXT = 4096

_GRAPHEME = regex.compile(r"\X")
#: The distance from the end of a part within which it is cut between words, in characters.
_LOOK_BACK = 200


def units(text: str) -> int:
    """Count the UTF-16 code units of a text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_text(text: str, limit: int = MAX_TEXT) -> list[str]:
    """Split a text into parts without splitting a grapheme.

    The parts joined are the text again. A part ends between words if there is a space near its
    end.

    Args:
        text: Any text that is not empty.
        limit: The maximum of UTF-16 code units in a part.
    """
    if units(text) <= limit:
        return [text]
    parts: list[str] = []
    part: list[str] = []
    size = 0
    for grapheme in _graphemes(text, limit):
        width = units(grapheme)
        if size + width > limit:
            kept, carried = _break_between_words(part)
            parts.append("".join(kept))
            part = carried
            size = sum(units(each) for each in part)
        part.append(grapheme)
        size += width
    parts.append("".join(part))
    return parts


def _graphemes(text: str, limit: int) -> list[str]:
    found: list[str] = []
    for grapheme in _GRAPHEME.findall(text):
        # A letter with thousands of accents is one grapheme, and too long for any part.
        found += [grapheme] if units(grapheme) <= limit else list(grapheme)
    return found


def _break_between_words(part: list[str]) -> tuple[list[str], list[str]]:
    for index in range(len(part) - 1, max(len(part) - _LOOK_BACK, 0), -1):
        if part[index].isspace():
            return part[: index + 1], part[index + 1 :]
    return part, []
