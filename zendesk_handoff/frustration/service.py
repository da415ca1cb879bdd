"""Features of how the bot serves the request: no result, no answer, asking for what was said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from zendesk_handoff.domain.dialogue import Turn
from zendesk_handoff.frustration.context import found_in, is_failure, says_no, since_user
from zendesk_handoff.frustration.phrases import phrase_book
from zendesk_handoff.frustration.wording import words_in

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
    thanks = "gratitude" in found
    no_result = float("bot_no_result" in groups)
    return {
        "bot_no_result": no_result,
        "bot_sorry": float("bot_sorry" in groups),
        "bot_narrows": float("bot_narrows" in groups and "bot_gives" not in groups),
        "bot_gives": float("bot_gives" in groups or _DIGIT.search(answer) is not None),
        "bot_asks_known": _share(asked, earlier),
        "unanswered": _unanswered(said[-1], answer, language) if said and since else 0.0,
        "doubting": float("doubting" in found),
        "rejecting": float(bool(since and own) and says_no(last, language) and not thanks),
        "alternative": float("alternative" in found and bool(since)),
        "goes_on": max(no_result, float("bot_refuses" in groups)) * float(not thanks),
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


def _unanswered(request: str, answer: str, language: str) -> float:
    """Measure the share of a request that an answer without a number or result passes over."""
    if _DIGIT.search(answer) or "bot_gives" in found_in(answer, language):
        return 0.0
    topics = _topics(request, language)
    return 1 - _share(topics, _topics(answer, language)) if topics else 0.0
