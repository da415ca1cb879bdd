"""Texts with placeholders: `{order_number}` stands for a value of the conversation."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Where a value can be asked for alone, before the dot of a name.
SOURCES = ("slot", "entity", "metadata")
#: A word alone; behind a source whatever the bot or a client has called it, in any language.
_NAME = rf"[^\W\d][\w-]*|(?:{'|'.join(SOURCES)})\.[^{{}}\s](?:[^{{}}]*[^{{}}\s])?"
_PLACEHOLDER = re.compile(rf"\{{({_NAME})\}}")

#: Finds the value of a name; ``None`` where there is none.
Lookup = Callable[[str], Any]


@dataclass(frozen=True)
class Template:
    """A text with placeholders.

    Args:
        text: As it is written.
    """

    text: str

    @classmethod
    def parse(cls, text: str) -> Template:
        """Check a text.

        Args:
            text: As it is written.

        Raises:
            ValueError: A brace belongs to no placeholder. The message says what to write.
        """
        if any(brace in _PLACEHOLDER.sub("", text) for brace in "{}"):
            raise ValueError(
                "has a brace that belongs to no placeholder; one is a name in braces: `{topic}`, "
                "`{slot.topic}`, `{entity.city}` or `{metadata.campaign}`."
            )
        return cls(text)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the placeholders."""
        return tuple(_PLACEHOLDER.findall(self.text))

    def fill(self, lookup: Lookup) -> str | None:
        """Put the values into the text.

        Args:
            lookup: Finds them.

        Returns:
            The text; ``None`` if a value is missing: half of a sentence would mislead.
        """
        values = {name: plain(lookup(name)) for name in self.names}
        if any(value is None for value in values.values()):
            return None
        return _PLACEHOLDER.sub(lambda found: str(values[found[1]]), self.text).strip() or None

    def fill_each(self, lookup: Lookup) -> list[str]:
        """Put the values into the text; a list that stands alone makes a text of each item.

        Args:
            lookup: Finds them.
        """
        if self.text == f"{{{''.join(self.names)}}}":
            value = lookup(self.names[0])
            if isinstance(value, (list, tuple)):
                return [text for text in map(plain, value) if text is not None]
        filled = self.fill(lookup)
        return [] if filled is None else [filled]


def plain(value: Any) -> str | None:
    """Write a value as text.

    Args:
        value: Of a slot, an entity or a message's metadata: foreign, of any type.

    Returns:
        The text; ``None`` for nothing, an empty text and what has parts of its own. The items of a
        list are joined.
    """
    if isinstance(value, (list, tuple)):
        items = [plain(item) for item in value if not isinstance(item, (list, tuple))]
        return ", ".join(text for text in items if text is not None) or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (str, int, float)):
        # A lone surrogate can be neither stored nor sent.
        text = str(value).encode("utf-8", "replace").decode().replace("\x00", "").strip()
        return text or None
    return None
