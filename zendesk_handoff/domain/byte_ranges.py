"""Ranges of a file's bytes (RFC 9110, section 14): video players ask for parts."""

from __future__ import annotations

import re
from typing import NamedTuple

#: One range. Several at once are answered with the whole file, which the standard allows.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18})", re.IGNORECASE)


class ByteRange(NamedTuple):
    """The part of a file that is asked for.

    Args:
        first: The first byte, from 0; ``None`` for the last ``last`` bytes of the file.
        last: The last byte, included; ``None`` for all that follow.
    """

    first: int | None
    last: int | None

    @property
    def header(self) -> str:
        """The value of the header ``Range``."""
        first = "" if self.first is None else self.first
        return f"bytes={first}-{'' if self.last is None else self.last}"

    def within(self, size: int) -> Part | None:
        """Return the part of a file of so many bytes; ``None`` if it has none of it.

        Args:
            size: The file's.
        """
        if self.first is None:
            first, last = max(size - (self.last or 0), 0), size - 1
        else:
            first, last = self.first, size - 1 if self.last is None else min(self.last, size - 1)
        return Part(first, last, size) if first <= last and first < size else None


class Part(NamedTuple):
    """A part of a file.

    Args:
        first: The first byte, from 0.
        last: The last byte, included.
        size: Of the whole file, in bytes.
    """

    first: int
    last: int
    size: int

    @property
    def length(self) -> int:
        """Its number of bytes."""
        return self.last - self.first + 1

    @property
    def header(self) -> str:
        """The value of the header ``Content-Range``."""
        return f"bytes {self.first}-{self.last}/{self.size}"


def read_range(header: str | None) -> ByteRange | None:
    """Read a request's header ``Range``; ``None`` where the whole file is the answer.

    Args:
        header: From outside.
    """
    found = _RANGE.fullmatch((header or "").strip())
    if found is None or found[0].endswith("=-"):
        return None
    first, last = (int(each) if each else None for each in found.groups())
    is_backward = first is not None and last is not None and last < first
    return None if is_backward else ByteRange(first, last)


def read_content_range(header: str | None) -> Part | None:
    """Read a response's header ``Content-Range``.

    Args:
        header: From outside.

    Returns:
        The part; one without bytes where the file has nothing of the range; ``None`` if the header
        cannot be read.
    """
    found = _CONTENT_RANGE.fullmatch((header or "").strip())
    if found is None:
        return None
    size = int(found[3])
    if found[1] is None:
        return Part(0, -1, size)
    part = Part(int(found[1]), int(found[2]), size)
    return part if part.first <= part.last < size else None
