"""The bot's last answer, and the messages that it did not understand."""

from __future__ import annotations

from collections.abc import Sequence

from zendesk_handoff.domain.dialogue import Turn
from zendesk_handoff.summary.candidates import Candidate

#: Content words that an answer needs to be more than a courtesy.
_SUBSTANCE = 3
#: Messages that the bot did not understand, at most.
_MAX_FAILURES = 2


def last_answer(
    turns: Sequence[Turn], candidates: Sequence[Candidate], *, after: int
) -> int | None:
    """Find the bot's last answer to the request.

    Args:
        turns: The messages.
        candidates: Their phrases, as `candidates_of` gives them.
        after: The turn with the user's request; earlier messages of the bot do not answer it.

    Returns:
        The index of a turn; nothing where the bot only greeted, apologised or said goodbye.
    """
    words: dict[int, set[str]] = {}
    for candidate in candidates:
        if (
            candidate.speaker == "bot"
            and candidate.turn > after
            and not turns[candidate.turn].fallback
        ):
            words.setdefault(candidate.turn, set()).update(candidate.content)
    substantial = [turn for turn, content in words.items() if len(content) >= _SUBSTANCE]
    return max(substantial or words, default=None)


def not_understood(turns: Sequence[Turn]) -> list[str]:
    """Find the user's messages that the bot did not understand, the latest last, each once.

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
    return list(found.values())[-_MAX_FAILURES:]
