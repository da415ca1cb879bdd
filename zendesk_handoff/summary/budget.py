"""The budget of a summary, in words and in characters."""

from __future__ import annotations

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.text import MAX_TEXT, split_text, units

#: The longest summary by default, whatever the dialogue's length.
DEFAULT_MAX_WORDS = 220
#: The default length: a few words for any case, and a fifth of the dialogue's words.
_BASE_WORDS = 15
_SHARE = 0.205
#: The same for the digest above the last messages.
_DIGEST_BASE = 45
_DIGEST_SHARE = 1 / 4
_DIGEST_MAX = 120
_ELLIPSIS = "…"


def default_words(dialogue: Dialogue) -> int:
    """Compute the default length of a summary, in words.

    Args:
        dialogue: The dialogue.
    """
    said = sum(len(turn.text.split()) for turn in dialogue.turns)
    return min(DEFAULT_MAX_WORDS, _BASE_WORDS + int(said * _SHARE))


def digest_words(dialogue: Dialogue) -> int:
    """Compute the length of the digest above the last messages, in words.

    Args:
        dialogue: The dialogue.
    """
    said = sum(len(turn.text.split()) for turn in dialogue.turns)
    return min(_DIGEST_MAX, _DIGEST_BASE + int(said * _DIGEST_SHARE))


class Budget:
    """The words and UTF-16 units that a summary may still use."""

    def __init__(self, words: int, characters: int = MAX_TEXT) -> None:
        """Set the limits.

        Args:
            words: Words separated by spaces.
            characters: UTF-16 code units.
        """
        self.words = words
        self.characters = characters
        self._start = words, characters

    @property
    def spent(self) -> tuple[int, int]:
        """Words and characters spent so far."""
        return self._start[0] - self.words, self._start[1] - self.characters

    def fits(self, text: str) -> bool:
        """Check whether a text, and the separator behind it, is within the budget."""
        return len(text.split()) <= self.words and units(text) + _SEPARATOR <= self.characters

    def spend(self, text: str) -> bool:
        """Spend the length of a text if it fits.

        Args:
            text: A label, an item or a line.

        Returns:
            Whether it fitted.
        """
        if not self.fits(text):
            return False
        self.words -= len(text.split())
        self.characters -= units(text) + _SEPARATOR
        return True

    def part(self, words: int, *, share: float = 1.0) -> Budget:
        """Create the budget of a part; `charge` subtracts its expenses from this one.

        Args:
            words: Words that the part may have.
            share: Its share of the characters that are left.
        """
        return Budget(min(words, self.words), int(self.characters * share))

    def charge(self, part: Budget) -> None:
        """Subtract the expenses of a part."""
        self.words -= part.spent[0]
        self.characters -= part.spent[1]

    def refund(self, text: str) -> None:
        """Restore the length of a text that has been spent."""
        self.words += len(text.split())
        self.characters += units(text) + _SEPARATOR


#: Characters of a separator between two texts, such as "; " or the end of a line.
_SEPARATOR = 2


def shorten(text: str, words: int, characters: int = MAX_TEXT) -> str:
    """Cut a text between words, not inside a mask such as "[card …1111]", and mark the cut.

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
