"""Features of the dialogue before a message: repetition, failures of the bot, earlier mood."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import log1p
from statistics import fmean

from rapidfuzz import fuzz

from zendesk_handoff.domain.dialogue import Turn
from zendesk_handoff.frustration.phrases import phrase_book
from zendesk_handoff.frustration.wording import wording, words_in

#: Features of earlier messages that still count, averaged.
EARLIER = "worst_sentence positive signs outrage profanity gratitude".split()

#: The similarity from which on two messages count as the same request.
SAME = 0.75


def context(turns: Sequence[Turn], *, language: str, window: int) -> dict[str, float]:
    """Measure the context of the last message, which must be the user's.

    Args:
        turns: The dialogue up to and with that message.
        language: The language of the word list.
        window: How many earlier messages of the user still count.

    Returns:
        Features by name; 0 always means "no sign of it".
    """
    last = turns[-1].text
    users = [turn for turn in turns[:-1] if turn.speaker == "user"][-window:]
    bots = [turn for turn in turns if turn.speaker == "bot"][-window:]
    since = since_user(turns)
    groups = _groups_in(since, language)
    alike = [similarity(last, earlier.text, language=language) for earlier in users]
    failures = sum(is_failure(turn, language) for turn in bots)
    refusals = sum(_is_refusal(turn, language) for turn in bots)
    earlier = [wording(turn.text, language=language) for turn in users[-3:]]
    return {
        "bot_refuses": float(any(_is_refusal(turn, language) for turn in since)),
        "bot_asks_for_change": float("bot_again" in groups),
        "bot_done": float("bot_done" in groups),
        "bot_asks": float(any("?" in turn.text for turn in since)),
        "bot_lost": float(any(is_failure(turn, language) for turn in since)),
        "refusals": refusals / max(window, 1),
        "failures": min(failures, 3) / 3,
        "repetitions": float(min(3, sum(value >= SAME for value in alike))),
        "bot_repeats": _bot_repeats(bots, language),
        "says_no": float(says_no(last, language)),
        "says_sorry": float("apologising" in found_in(last, language)),
        "length": log1p(len(users)),
        **{
            f"earlier_{name}": fmean(features[name] for features in earlier) if earlier else 0.0
            for name in EARLIER
        },
    }


def similarity(text: str, other: str, *, language: str) -> float:
    """Compare two requests, whatever the order of their words: from 0 to 1."""
    words, others = _content(text, language), _content(other, language)
    if len(words) < 2 or len(others) < 2:
        return float(words == others != []) * 0.8
    compare = fuzz.token_set_ratio if min(len(words), len(others)) >= 3 else fuzz.ratio
    return compare(" ".join(words), " ".join(others)) / 100


def _content(text: str, language: str) -> list[str]:
    common = phrase_book(language).common
    return [word for word in words_in(text) if word not in common]


def since_user(turns: Sequence[Turn]) -> list[Turn]:
    """Select the bot's messages between the user's last two."""
    since = []
    for turn in reversed(turns[:-1]):
        if turn.speaker == "user":
            break
        since.append(turn)
    return since[::-1]


@lru_cache(maxsize=2048)
def found_in(text: str, language: str) -> frozenset[str]:
    """Find the groups in a message of the bot, cached because bots repeat themselves."""
    return frozenset(phrase_book(language).find(words_in(text)))


def _groups_in(turns: Sequence[Turn], language: str) -> frozenset[str]:
    return frozenset().union(*(found_in(turn.text, language) for turn in turns))


def says_no(text: str, language: str) -> bool:
    """Check whether a message begins with a "no"."""
    return "no" in phrase_book(language).find(words_in(text)[:1])


def is_failure(turn: Turn, language: str) -> bool:
    """Check whether the bot says that it has not understood."""
    return turn.fallback or "bot_lost" in found_in(turn.text, language)


def _is_refusal(turn: Turn, language: str) -> bool:
    """Check for a refusal; a bot that has not understood has refused nothing."""
    return not is_failure(turn, language) and "bot_refuses" in found_in(turn.text, language)


def _bot_repeats(bots: Sequence[Turn], language: str) -> float:
    if len(bots) < 2:
        return 0.0
    last = " ".join(_content(bots[-1].text, language))
    alike = max(
        fuzz.ratio(last, " ".join(_content(turn.text, language))) / 100 for turn in bots[:-1]
    )
    return max(0.0, alike - 0.5) / 0.5
