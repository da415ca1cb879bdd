"""A text as lines, and edits of whole lines that can be taken back.

Line ends are kept one by one, so that an edit and its way back give the same bytes, also in a file
with Windows line ends, with both kinds, or without one at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Edit:
    """A replacement of lines.

    Args:
        at: The index of the first line that is replaced, or before which lines are inserted.
        old: The lines that are there.
        new: The lines that take their place.
    """

    at: int
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass
class Lines:
    """A text as lines without their ends.

    Args:
        lines: The lines.
        ends: The ends between them, one fewer.
        mark: The byte order mark before them, or nothing.
    """

    lines: list[str]
    ends: list[str]
    mark: str = ""

    @classmethod
    def of(cls, text: str) -> Lines:
        """Take a text apart."""
        mark = "\ufeff" * text.startswith("\ufeff")
        text = text[len(mark) :]
        return cls(_LINE_END.split(text), _LINE_END.findall(text), mark)

    @property
    def text(self) -> str:
        """The text."""
        pairs = zip(self.lines, [*self.ends, ""], strict=True)
        return self.mark + "".join(part for pair in pairs for part in pair)

    def apply(self, edit: Edit) -> None:
        """Replace lines; new line ends are those of the rest of the text."""
        same = min(len(edit.old), len(edit.new))
        at = edit.at
        self.lines[at : at + same] = edit.new[:same]
        self._delete(at + same, at + len(edit.old))
        self._insert(at + same, edit.new[same:])

    def find(self, wanted: Sequence[str]) -> list[int]:
        """Find where a sequence of lines stands; if nowhere exactly, then without indentation.

        Rasa rewrites ``config.yml`` when it sets the ``assistant_id``, in a layout of its own.
        """
        return _places(self.lines, wanted) or _places(
            [line.strip() for line in self.lines], [line.strip() for line in wanted]
        )

    def _insert(self, at: int, new: Sequence[str]) -> None:
        self.lines[at:at] = new
        between = max(0, at - 1)
        self.ends[between:between] = [self._usual_end] * len(new)

    def _delete(self, start: int, end: int) -> None:
        del self.lines[start:end]
        between = max(0, start - 1)
        del self.ends[between : between + end - start]

    @property
    def _usual_end(self) -> str:
        return max(set(self.ends), key=self.ends.count) if self.ends else "\n"


def _places(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    size = len(wanted)
    last = len(lines) - size
    return [n for n in range(last + 1) if list(lines[n : n + size]) == list(wanted)]


def is_blank(text: str) -> bool:
    """Tell whether a file has nothing in it."""
    return not text.removeprefix("\ufeff").strip()
