"""How much of a summary is left to write, in words and in characters."""

from __future__ import annotations

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.text import MAX_TEXT, split_text, units

#: An agent reads no more before the first answer, whatever the dialogue's length.
DEFAULT_MAX_WORDS = 220
#: The default length: a few words that any case needs, and a fifth of what was said.
_BASE_WORDS = 16
_SHARE = 1 / 5
#: The same for what stands above the last messages.
_DIGEST_BASE = 45
_DIGEST_SHARE = 1 / 4
_DIGEST_MOST = 120
_ELLIPSIS = "…"


def default_words(dialogue: Dialogue) -> int:
    """Say how many words a summary should have where nobody has said so.

    Args:
        dialogue: What was said.
    """
    said = sum(len(turn.text.split()) for turn in dialogue.turns)
    return min(DEFAULT_MAX_WORDS, _BASE_WORDS + int(said * _SHARE))


def digest_words(dialogue: Dialogue) -> int:
    """Say how many words may stand above the last messages, so that they are read at a glance.

    Args:
        dialogue: What was said.
    """
    said = sum(len(turn.text.split()) for turn in dialogue.turns)
    return min(_DIGEST_MOST, _DIGEST_BASE + int(said * _DIGEST_SHARE))


class Room:
    """Counts down the words and the UTF-16 units that a summary may still take."""

    def __init__(self, words: int, characters: int = MAX_TEXT) -> None:
        """Start with all of it.

        Args:
            words: Words separated by spaces.
            characters: UTF-16 code units.
        """
        self.words = words
        self.characters = characters
        self._start = words, characters

    @property
    def taken(self) -> tuple[int, int]:
        """Words and characters that were written."""
        return self._start[0] - self.words, self._start[1] - self.characters

    def fits(self, text: str) -> bool:
        """Say whether a text, and the break behind it, may still be written."""
        return len(text.split()) <= self.words and units(text) + _BREAK <= self.characters

    def take(self, text: str) -> bool:
        """Write a text if it fits.

        Args:
            text: A label, an item or a line.

        Returns:
            Whether it fitted.
        """
        if not self.fits(text):
            return False
        self.words -= len(text.split())
        self.characters -= units(text) + _BREAK
        return True

    def part(self, words: int, *, share: float = 1.0) -> Room:
        """Give a part of the room to be written in; `spend` counts what was.

        Args:
            words: Words that the part may have.
            share: Of the characters that are left.
        """
        return Room(min(words, self.words), int(self.characters * share))

    def spend(self, part: Room) -> None:
        """Count what was written in a part."""
        self.words -= part.taken[0]
        self.characters -= part.taken[1]

    def give_back(self, text: str) -> None:
        """Take back a text that was written."""
        self.words += len(text.split())
        self.characters += units(text) + _BREAK


#: A separator, such as "; " or the end of a line, that stands between two texts.
_BREAK = 2


def shorten(text: str, words: int, characters: int = MAX_TEXT) -> str:
    """Cut a text between words, not inside what was masked, and mark the cut.

    Args:
        text: In one line.
        words: Words it may have.
        characters: UTF-16 units it may have.

    Returns:
        The text, or its beginning with an ellipsis; empty where nothing fits.
    """
    kept = text.split()
    if len(kept) <= words and units(text) <= characters:
        return text
    kept = kept[: max(words, 0)]
    while kept and units(" ".join(kept)) + 1 > characters:
        if len(kept) == 1:
            kept = [split_text(kept[0], characters - 1)[0]] if characters > 1 else []
            break
        kept.pop()
    cut = " ".join(kept)
    if cut.count("[") > cut.count("]"):
        cut = cut[: cut.rindex("[")].rstrip()
    return f"{cut.rstrip('.,;:')}{_ELLIPSIS}" if cut else ""
