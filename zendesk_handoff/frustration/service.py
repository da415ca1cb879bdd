"""Features of how the bot serves the request: no result, no answer, asking for what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from math import log1p

from zendesk_handoff.domain.dialogue import Turn
from zendesk_handoff.frustration.context import found_in, is_failure, since_user
from zendesk_handoff.frustration.phrases import phrase_book
from zendesk_handoff.frustration.wording import words_in

#: Messages of the bot that count towards a series without a result, at most.
_SERIES = 6
#: Letters that a word about the matter has at least.
_LETTERS = 3
_DIGIT = re.compile(r"\d")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def service(turns: Sequence[Turn], *, language: str, window: int) -> dict[str, float]:
    """Measure how the bot has served the user up to the last message, which must be the user's.

    Args:
        turns: The dialogue up to and with that message.
        language: The language of the word list.
        window: How many earlier messages of the user, and of the bot, still count.

    Returns:
        Features between 0 and about 2 by name; 0 always means "no sign of it".
    """
    said = [turn.text for turn in turns[:-1] if turn.speaker == "user"]
    recent = [_topics(text, language) for text in said[-window:]]
    earlier = frozenset().union(*recent) if recent else frozenset()
    # What the bot has not understood counts as such, in `context`, and not twice.
    since = [turn for turn in since_user(turns) if not is_failure(turn, language)]
    answer = " ".join(turn.text for turn in since)
    groups = frozenset().union(*(found_in(turn.text, language) for turn in since))
    asked = _topics(" ".join(_questions(answer)), language)
    last, found = turns[-1].text, found_in(turns[-1].text, language)
    own = _topics(last, language)
    bots = [turn for turn in turns[:-1] if turn.speaker == "bot" and not is_failure(turn, language)]
    no_result = float("bot_no_result" in groups)
    return {
        "bot_no_result": no_result,
        "no_results": sum(
            "bot_no_result" in found_in(turn.text, language) for turn in bots[-window:]
        )
        / window,
        "bot_sorry": float("bot_sorry" in groups),
        "bot_narrows": float("bot_narrows" in groups and "bot_gives" not in groups),
        "bot_gives": float("bot_gives" in groups or _DIGIT.search(answer) is not None),
        "bot_stalls": log1p(_stalled(bots, language)),
        "bot_asks_known": _share(asked, earlier),
        "unanswered": _unanswered(said[-1], answer, language) if said and since else 0.0,
        "insisting": _share(own, earlier),
        "doubting": float("doubting" in found),
        "relaxing": float("relaxing" in found),
        "alternative": float("alternative" in found and bool(since)),
        "goes_on": max(no_result, float("bot_refuses" in groups)) * float("gratitude" not in found),
    }


@lru_cache(maxsize=1024)
def _topics(text: str, language: str) -> frozenset[str]:
    """Find the words that say what a message is about."""
    vague = phrase_book(language).vague
    return frozenset(
        word
        for word in words_in(text)
        if word.isdigit() or (len(word) >= _LETTERS and word not in vague)
    )


def _share(words: frozenset[str], known: frozenset[str]) -> float:
    return len(words & known) / len(words) if words else 0.0


def _questions(text: str) -> list[str]:
    return [each for each in _SENTENCE.split(text) if each.rstrip().endswith("?")]


def _stalled(bots: Sequence[Turn], language: str) -> int:
    """Count the bot's last messages that were without any result."""
    for number, turn in enumerate(reversed(bots[-_SERIES:])):
        groups = found_in(turn.text, language)
        asks = "?" in turn.text and "bot_gives" not in groups and not _DIGIT.search(turn.text)
        if not (asks or "bot_no_result" in groups):
            return number
    return min(len(bots), _SERIES)


def _unanswered(request: str, answer: str, language: str) -> float:
    """Measure the share of a request that an answer without a number or result passes over."""
    if _DIGIT.search(answer) or "bot_gives" in found_in(answer, language):
        return 0.0
    topics = _topics(request, language)
    return 1 - _share(topics, _topics(answer, language)) if topics else 0.0
