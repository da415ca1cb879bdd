"""Judges how likely a phrase is to hold a fact of the case, from how it stands in the dialogue."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from zendesk_handoff.domain.dialogue import Speaker, Turn
from zendesk_handoff.summary.notes import Phrase, phrases_of
from zendesk_handoff.summary.words import Words, words_of

#: How far into the answer the user's yes or no is looked for, in words.
_ANSWER_WORDS = 3


@dataclass(frozen=True)
class Note:
    """A phrase of the dialogue that may go into the summary.

    Attributes:
        turn: Index of the turn.
        speaker: Who said it.
        phrase: What was said.
        news: The words that tell something, in lower case.
        answer: Whether the user took it (``yes``) or not (``no``), where a bot's phrase was
            answered.
        worth: How likely it holds a fact, from 0 to 1.
    """

    turn: int
    speaker: Speaker
    phrase: Phrase
    news: frozenset[str]
    answer: str | None
    worth: float


def notes_of(turns: Sequence[Turn], *, language: str) -> list[Note]:
    """Take notes of a whole dialogue, in the order in which things were said.

    Args:
        turns: The messages, masked where they must be.
        language: Which word list to use.
    """
    words = words_of(language)
    hollow = words.negations | words.links
    phrases = [phrases_of(turn.text, language=language) for turn in turns]
    said: dict[Speaker, Counter[str]] = {"user": Counter(), "bot": Counter()}
    for turn, found in zip(turns, phrases, strict=True):
        said[turn.speaker].update({token.plain for phrase in found for token in phrase.tokens})
    talk = {
        speaker: math.log1p(_mean(len(t.text.split()) for t in turns if t.speaker == speaker))
        for speaker in ("user", "bot")
    }
    last = max(
        (at for at, turn in enumerate(turns) if turn.speaker == "bot" and phrases[at]), default=0
    )
    first = next((at for at, turn in enumerate(turns) if turn.speaker == "user" and phrases[at]), 0)
    notes = []
    for at, (turn, found) in enumerate(zip(turns, phrases, strict=True)):
        answer = _answer(turns, at, words)
        for phrase in found:
            news = frozenset(token.plain for token in phrase.tokens) - hollow
            if all(len(word) < 2 and not word.isdigit() for word in news):
                continue
            numbers = _features(phrase, news, turn, said, words)
            numbers["first"] = float(at == first)
            numbers["last"] = float(at == last)
            numbers["talk"] = talk[turn.speaker]
            numbers["digits_in_talk"] = numbers["digits"] * talk[turn.speaker]
            numbers["named_in_talk"] = numbers["named"] * talk[turn.speaker]
            numbers["echoed_in_talk"] = numbers["echoed"] * talk[turn.speaker]
            numbers["late"] = at / len(turns)
            numbers["accepted"] = float(answer == "yes")
            numbers["rejected"] = float(answer == "no")
            notes.append(
                Note(at, turn.speaker, phrase, news, answer, _worth(turn.speaker, numbers))
            )
    return notes


def _mean(numbers: Iterable[float]) -> float:
    found = list(numbers)
    return sum(found) / len(found) if found else 0.0


def _answer(turns: Sequence[Turn], at: int, words: Words) -> str | None:
    """Say how the user answered a bot's turn, where the first words tell."""
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
    news: frozenset[str],
    turn: Turn,
    said: Mapping[Speaker, Counter[str]],
    words: Words,
) -> dict[str, float]:
    other: Speaker = "bot" if turn.speaker == "user" else "user"
    own = said[turn.speaker]
    size = len(news)
    plain = turn.text.lower()
    return {
        "bias": 1.0,
        "digits": float(any(any(c.isdigit() for c in word) for word in news)),
        "mixed": float(
            any(any(c.isdigit() for c in w) and any(c.isalpha() for c in w) for w in news)
        ),
        "named": float(any(token.named for token in phrase.tokens)),
        "names": math.log1p(sum(token.named for token in phrase.tokens)),
        "size": math.log(size),
        "echoed": sum(1 for word in news if said[other][word]) / size,
        "anywhere": float(any(said[other][word] for word in news)),
        "again": sum(1 for word in news if own[word] > 1) / size,
        "asked": float(phrase.asked),
        "settling": float(any(word in words.settling for word in plain.split())),
        "verb": sum(1 for word in news if word in words.verbs) / size,
        "crowd": math.log1p(len(plain.split())),
    }


def _worth(speaker: Speaker, numbers: Mapping[str, float]) -> float:
    weights = _weights()[speaker]
    logit = sum(weights.get(name, 0.0) * value for name, value in numbers.items())
    return 1 / (1 + math.exp(-logit))


@cache
def _weights() -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = json.loads(
        (files(__package__) / "weights.json").read_text(encoding="utf-8")
    )
    return table
