"""Splitting text that is too long for one Zendesk message."""

from __future__ import annotations

import regex

#: SPEC ``textMessage``. The unit is not documented: UTF-16 is the stricter reading.
MAX_TEXT = 4096

_GRAPHEME = regex.compile(r"\X")
#: How far from the end of a part a break between words is looked for, in units.
_LOOK_BACK = 200


def units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_text(text: str, limit: int = MAX_TEXT) -> list[str]:
    """Cut a text into parts without cutting a character, as a reader sees characters.

    The parts put together are the text again. A part ends between words where there is a space
    near its end.

    Args:
        text: Any text that is not empty.
        limit: UTF-16 code units a part may have.
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
        # A letter under thousands of accents is one grapheme; nobody can keep it whole.
        found += [grapheme] if units(grapheme) <= limit else list(grapheme)
    return found


def _break_between_words(part: list[str]) -> tuple[list[str], list[str]]:
    for index in range(len(part) - 1, max(len(part) - _LOOK_BACK, 0), -1):
        if part[index].isspace():
            return part[: index + 1], part[index + 1 :]
    return part, []
