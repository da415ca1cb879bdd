"""Markup in texts from outside: written so that a chat program shows it literally. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable

#: An address as chat programs find it in a text. It is left as it is, or it could not be opened.
_URL = re.compile(r"https?://[^\s<>()\[\]`*\"|\\]+")
#: Marks that begin or end markup wherever they stand, and those that do at the beginning of a line.
_INLINE = re.compile(r"([\\`*_~|\[\]#])")
_LINE_START = re.compile(r"^([ \t]*)([-+>=]|\d+(?=[.)]))", re.MULTILINE)
#: Between an at sign and what follows it: invisible, and no part of a name.
WORD_JOINER = "\u2060"
_MENTION = re.compile(r"(?<![\w.+-])@(?=\w|$)")


def escape_markdown(text: str) -> str:
    """Write a text so that Markdown shows it literally; addresses in it can be opened.

    Args:
        text: From outside, for example an agent's words.
    """
    return outside_urls(text, _escape)


def break_mentions(text: str) -> str:
    """Write a text so that nobody is notified by an ``@all`` or a name in it.

    Args:
        text: From outside.
    """
    return outside_urls(text, lambda part: _MENTION.sub(f"@{WORD_JOINER}", part))


def _escape(text: str) -> str:
    escaped = _INLINE.sub(r"\\\1", text)
    return _LINE_START.sub(_escape_line_start, escaped)


def _escape_line_start(found: re.Match[str]) -> str:
    indent, mark = found.groups()
    if mark.isdigit():
        return f"{indent}{mark}\\"  # the backslash stands before the point of a numbered list
    return f"{indent}\\{mark}"


def outside_urls(text: str, change: Callable[[str], str]) -> str:
    """Change a text everywhere but in its addresses.

    Args:
        text: Any.
        change: Makes the new text of a part.
    """
    parts: list[str] = []
    end = 0
    for found in _URL.finditer(text):
        parts += [change(text[end : found.start()]), found.group()]
        end = found.end()
    return "".join([*parts, change(text[end:])])
