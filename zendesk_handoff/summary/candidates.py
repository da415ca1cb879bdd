"""Candidate phrases for the summary, scored by a logistic regression over their features."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from zendesk_handoff.domain.dialogue import Speaker, Turn
from zendesk_handoff.summary.phrases import (
    SPAN,
    Phrase,
    phrases_of,
    without_signature,
)
from zendesk_handoff.summary.words import Words, words_of

#: Words of an answer in which the user's yes or no is looked for.
_ANSWER_WORDS = 3


@dataclass(frozen=True)
class Candidate:
    """A phrase of the dialogue that may become part of the summary.

    Attributes:
        turn: Index of the turn.
        speaker: Its speaker.
        phrase: The phrase.
        content: Its content words, in lower case.
        answer: ``yes`` or ``no`` where the user has accepted or declined a phrase of the bot.
        score: The probability that it holds a fact, from 0 to 1.
        bare: Whether it is a word of the bot's that means nothing alone.
    """

    turn: int
    speaker: Speaker
    phrase: Phrase
    content: frozenset[str]
    answer: str | None
    score: float
    bare: bool = False


def candidates_of(turns: Sequence[Turn], *, language: str) -> list[Candidate]:
    """Score all phrases of a dialogue, in their order.

    Args:
        turns: The messages, masked.
        language: The language of the word list.
    """
    words = words_of(language)
    function_words = words.negations | words.relations
    texts = [without_signature(turn.text) if turn.speaker == "bot" else turn.text for turn in turns]
    phrases = [phrases_of(text, language=language) for text in texts]
    spoken: dict[Speaker, Counter[str]] = {"user": Counter(), "bot": Counter()}
    for turn, found in zip(turns, phrases, strict=True):
        spoken[turn.speaker].update({token.plain for phrase in found for token in phrase.tokens})
    verbosity = {
        speaker: math.log1p(_mean(len(t.text.split()) for t in turns if t.speaker == speaker))
        for speaker in ("user", "bot")
    }
    last = max(
        (at for at, turn in enumerate(turns) if turn.speaker == "bot" and phrases[at]), default=0
    )
    first = next((at for at, turn in enumerate(turns) if turn.speaker == "user" and phrases[at]), 0)
    candidates = []
    for at, (turn, found) in enumerate(zip(turns, phrases, strict=True)):
        answer = _answer(turns, at, words)
        for phrase in found:
            content = frozenset(token.plain for token in phrase.tokens) - function_words
            if all(len(word) < 2 and not word.isdigit() for word in content):
                continue
            if any(
                word in words.indifference for word in phrase.said.lower().split()
            ) and not words.negations.isdisjoint(token.plain for token in phrase.tokens):
                continue  # "I do not mind the area"
            features = _features(phrase, content, turn, spoken, words)
            features["first"] = float(at == first)
            features["last"] = float(at == last)
            features["verbosity"] = verbosity[turn.speaker]
            features["digits_by_verbosity"] = features["digits"] * verbosity[turn.speaker]
            features["named_by_verbosity"] = features["named"] * verbosity[turn.speaker]
            features["echoed_by_verbosity"] = features["echoed"] * verbosity[turn.speaker]
            features["late"] = at / len(turns)
            features["accepted"] = float(answer == "yes")
            features["rejected"] = float(answer == "no")
            candidates.append(
                Candidate(
                    turn=at,
                    speaker=turn.speaker,
                    phrase=phrase,
                    content=content,
                    answer=answer,
                    score=_score(turn.speaker, features),
                    bare=turn.speaker == "bot"
                    and not (answer and _is_offer(phrase, texts[at]))
                    and _is_bare(phrase, content, texts[at]),
                )
            )
    return candidates


def _is_offer(phrase: Phrase, text: str) -> bool:
    """Check whether a yes or no would answer a phrase: "Shall I book it?", but not "today?"."""
    return phrase.asked and text.rstrip().endswith("?") and not SPAN.fullmatch(phrase.short)


def _is_bare(phrase: Phrase, content: frozenset[str], text: str) -> bool:
    """Check for words of no use alone: "area", a question, or the name of the addressed user."""
    if phrase.has_digits or (len(content) > 1 and not phrase.asked):
        return False
    addressed = phrase.clause == phrase.short != text.strip(" .!?")
    return (len(content) == 1 and addressed) or not any(token.named for token in phrase.tokens)


def _mean(numbers: Iterable[float]) -> float:
    found = list(numbers)
    return sum(found) / len(found) if found else 0.0


def _answer(turns: Sequence[Turn], at: int, words: Words) -> str | None:
    """Read the user's answer to a bot's turn from its first words."""
    if turns[at].speaker == "user" or at + 1 == len(turns) or turns[at + 1].speaker == "bot":
        return None
    answer = turns[at + 1].text.lower().replace("’", "'").split()[:_ANSWER_WORDS]
    for word in (each.strip(".,;:!?…") for each in answer):
        if word in words.rejection:
            return "no"
        if word in words.acceptance:
            return "yes"
    return None


def _features(
    phrase: Phrase,
    content: frozenset[str],
    turn: Turn,
    spoken: Mapping[Speaker, Counter[str]],
    words: Words,
) -> dict[str, float]:
    other: Speaker = "bot" if turn.speaker == "user" else "user"
    own = spoken[turn.speaker]
    size = len(content)
    plain = turn.text.lower()
    return {
        "bias": 1.0,
        "digits": float(any(any(c.isdigit() for c in word) for word in content)),
        "mixed": float(
            any(any(c.isdigit() for c in w) and any(c.isalpha() for c in w) for w in content)
        ),
        "named": float(any(token.named for token in phrase.tokens)),
        "names": math.log1p(sum(token.named for token in phrase.tokens)),
        "size": math.log(size),
        "echoed": sum(1 for word in content if spoken[other][word]) / size,
        "any_echo": float(any(spoken[other][word] for word in content)),
        "again": sum(1 for word in content if own[word] > 1) / size,
        "asked": float(phrase.asked),
        "transaction": float(any(word in words.transaction for word in plain.split())),
        "verb": sum(1 for word in content if word in words.verbs) / size,
        "message_length": math.log1p(len(plain.split())),
    }


def _score(speaker: Speaker, features: Mapping[str, float]) -> float:
    weights = _weights()[speaker]
    logit = sum(weights.get(name, 0.0) * value for name, value in features.items())
    return 1 / (1 + math.exp(-logit))


@cache
def _weights() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = json.loads(
        (files(__package__) / "weights.json").read_text(encoding="utf-8")
    )
    return table
