"""Tells what the bot tried, and where it failed."""

from __future__ import annotations

from collections.abc import Sequence

from zendesk_handoff.domain.dialogue import Turn
from zendesk_handoff.summary.evidence import Note

#: Words with news in them that an answer needs to be more than a courtesy.
_SUBSTANCE = 3
#: Messages that the bot failed on, shown at most.
_FAILURES = 2


def last_answer(turns: Sequence[Turn], notes: Sequence[Note], *, after: int) -> int | None:
    """Find the bot's last answer to what the user came for.

    Args:
        turns: The messages.
        notes: What `evidence.notes_of` took from them.
        after: The turn with the user's wish; what the bot said before is no answer to it.

    Returns:
        The index of a turn; nothing where the bot only greeted, apologised or took its leave.
    """
    news: dict[int, set[str]] = {}
    for note in notes:
        if note.speaker == "bot" and note.turn > after and not turns[note.turn].fallback:
            news.setdefault(note.turn, set()).update(note.news)
    telling = [turn for turn, words in news.items() if len(words) >= _SUBSTANCE]
    return max(telling or news, default=None)


def not_understood(turns: Sequence[Turn]) -> list[str]:
    """Give the user's messages that the bot did not understand, the latest last, each once.

    Args:
        turns: The messages.
    """
    found: dict[str, str] = {}
    asked: str | None = None
    for turn in turns:
        if turn.speaker == "user":
            asked = " ".join(turn.text.split())
        elif turn.fallback and asked:
            found.pop(asked.lower(), None)
            found[asked.lower()] = asked
            asked = None
    return list(found.values())[-_FAILURES:]
