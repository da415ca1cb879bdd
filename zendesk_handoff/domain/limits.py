"""Limits of a channel: what one message of it may hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from zendesk_handoff.domain.text import units

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class MediaLimit:
    """The files of one kind that a channel takes.

    Args:
        max_bytes: The size of the largest file; ``None`` where it is not documented.
        types: The media types, or the beginning of them (``image/``); empty for any type.
    """

    max_bytes: int | None = None
    types: tuple[str, ...] = ()

    def takes(self, media_type: str | None, size: int | None) -> bool:
        """Tell whether a file can be sent; what is not known of it does not count.

        Args:
            media_type: For example ``image/png``.
            size: In bytes.
        """
        if size is not None and self.max_bytes is not None and size > self.max_bytes:
            return False
        return not self.types or media_type is None or media_type.startswith(self.types)


@dataclass(frozen=True)
class Limits:
    """What one message of a channel may hold.

    Args:
        text: The length of the longest text, as ``measure`` counts it.
        measure: Counts a text's length; by default in UTF-16 code units, the strictest of the usual
            units.
        image: The images it shows; ``None`` if a link to them is sent instead.
        file: The files it takes; ``None`` if a link to them is sent instead.
        buttons: The number of buttons; 0 if options are sent as a numbered list.
        button_title: The length of the longest button title, in UTF-16 code units.
        button_text: The length of the longest text above buttons; ``None`` if it is ``text``.
        cards: Whether it shows cards side by side, from ``elements``.
        paragraphs: Whether each paragraph is a message of its own, since the channel makes one of
            it in any case.
    """

    text: int = 4096
    measure: Callable[[str], int] = field(default=units, repr=False)
    image: MediaLimit | None = None
    file: MediaLimit | None = None
    buttons: int = 0
    button_title: int = 80
    button_text: int | None = None
    cards: bool = False
    paragraphs: bool = False

    def as_written(self, write: Callable[[str], str]) -> Limits:
        """Return limits that measure a text as it is written for the platform.

        Args:
            write: Writes a text, such as one whose marks are escaped.
        """
        return replace(self, measure=lambda text: self.measure(write(text)))
