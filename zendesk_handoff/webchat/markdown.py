"""Markdown in texts that the page renders."""

from __future__ import annotations

import re

#: ASCII punctuation: any mark may begin markup, and a backslash before it makes it literal.
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def escape_markdown(text: str) -> str:
    """Write a text so that Markdown renders it literally, on one line.

    Args:
        text: From outside, for example a name.
    """
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))
