"""Splitting of texts that are too long for one message, without cutting a character."""

from __future__ import annotations

from collections.abc import Callable

import regex

#: Conversations API: schema `textMessage`. Its unit is not documented; UTF-16 is the strictest.
MAX_TEXT = 4096

_GRAPHEME = regex.compile(r"\X")
_ADDRESS = regex.compile(r"https?://", regex.IGNORECASE)
#: The distances from the end of a part within which it is cut between sentences, and between
#: words, as parts of its length.
_SENTENCE_LOOK_BACK = 0.25
_WORD_LOOK_BACK = 0.1
_SENTENCE_ENDS = frozenset(".!?…。！？؟।\n")


def units(text: str) -> int:
    """Count the UTF-16 code units of a text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_text(
    text: str, limit: int = MAX_TEXT, *, measure: Callable[[str], int] = units
) -> list[str]:
    """Split a text into parts without splitting a grapheme.

    The parts joined are the text again. A part ends between sentences if one ends near its end,
    else between words. A web address is cut only if it is too long for a part.

    Args:
        text: Any text that is not empty.
        limit: The greatest length of a part.
        measure: Counts the length of a text; that of a text is the sum of its graphemes'.
    """
    if measure(text) <= limit:
        return [text]
    parts: list[str] = []
    part: list[str] = []
    size = 0
    for grapheme in _graphemes(text, limit, measure):
        width = measure(grapheme)
        if size + width > limit:
            kept, carried = _break(part)
            parts.append("".join(kept))
            part = carried
            size = sum(measure(each) for each in part)
        part.append(grapheme)
        size += width
    parts.append("".join(part))
    return parts


def shorten(text: str, limit: int, *, measure: Callable[[str], int] = units) -> str:
    """Cut a text to a length, between graphemes; what is cut ends with an ellipsis.

    Args:
        text: Any text.
        limit: The greatest length, at least 1.
        measure: Counts the length of a text.
    """
    if measure(text) <= limit:
        return text
    kept, size = [], measure("…")
    for grapheme in _GRAPHEME.findall(text):
        size += measure(grapheme)
        if size > limit:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + "…"


def _graphemes(text: str, limit: int, measure: Callable[[str], int]) -> list[str]:
    found: list[str] = []
    for grapheme in _GRAPHEME.findall(text):
        # A letter with thousands of accents is one grapheme, and too long for any part.
        found += [grapheme] if measure(grapheme) <= limit else list(grapheme)
    return found


def _break(part: list[str]) -> tuple[list[str], list[str]]:
    """Divide a full part: into what is kept, and what goes into the next one."""
    address = _last_address(part)
    if address:
        return part[:address], part[address:]
    for look_back, ends_here in (
        (_SENTENCE_LOOK_BACK, _ends_sentence),
        (_WORD_LOOK_BACK, _ends_word),
    ):
        first = max(int(len(part) * (1 - look_back)), 1)
        for end in range(len(part), first - 1, -1):
            if ends_here(part, end):
                return part[:end], part[end:]
    return part, []


def _last_address(part: list[str]) -> int:
    """Return where a web address begins that a cut at the end would divide; 0 if none does."""
    word = next((at + 1 for at in range(len(part) - 1, -1, -1) if part[at].isspace()), 0)
    found = _ADDRESS.search("".join(part[word:]))
    if found is None:
        return 0
    begin, length = word, 0
    while length < found.start():
        length += len(part[begin])
        begin += 1
    # A bracket before it belongs to it.
    return begin - 1 if begin > 1 and part[begin - 1] == "(" else begin


def _ends_sentence(part: list[str], end: int) -> bool:
    """Tell whether the first graphemes end with a sentence and the space after it."""
    if part[end - 1] == "\n":
        return True
    return end >= 2 and part[end - 1].isspace() and part[end - 2] in _SENTENCE_ENDS


def _ends_word(part: list[str], end: int) -> bool:
    return part[end - 1].isspace()
