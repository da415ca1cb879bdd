"""The subject of a phrase that means nothing alone: "nights: 4", "blue lamp: it arrived today"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from zendesk_handoff.domain.dialogue import Turn
from zendesk_handoff.summary.candidates import Candidate
from zendesk_handoff.summary.phrases import Phrase, phrases_of, plain_text

#: Words of a message that is nothing but an answer, at most; with a number, and without.
_NUMBER_WORDS = 8
_ANSWER_WORDS = 5
#: Words of a question that is quoted whole, and of a subject, at most.
_QUESTION_WORDS = 6
_SUBJECT_WORDS = 3
#: Content words of a phrase that needs its subject, at most; a longer one speaks for itself.
_BRIEF = 3
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True)
class Subject:
    """The words that a phrase needs before it.

    Attributes:
        short: In few words, with a colon: "nights:".
        full: As it was said: "For how many nights?".
    """

    short: str
    full: str


def subject_of(
    candidate: Candidate,
    candidates: Sequence[Candidate],
    turns: Sequence[Turn],
    *,
    request: int | None,
    language: str,
) -> Subject | None:
    """Find the subject of a phrase of the user's, in words that were said.

    Args:
        candidate: The phrase.
        candidates: All phrases, in their order.
        turns: The messages.
        request: The turn with the user's request.
        language: The language of the word list.

    Returns:
        The subject; nothing where the phrase speaks for itself, or nothing was said before.
    """
    phrase = candidate.phrase
    if (
        candidate.speaker != "user"
        or len(candidate.content) > _BRIEF
        or any(token.named for token in phrase.tokens)
    ):
        return None
    if _is_answer(candidate, turns):
        return _asked_for(turns[candidate.turn - 1].text, language)
    if phrase.pronoun and not phrase.requested and not phrase.has_digits:
        return _subject_of(candidate, candidates, request=request)
    return None


def _is_answer(candidate: Candidate, turns: Sequence[Turn]) -> bool:
    """Check for few words that answer the bot: a bare number, or a phrase that begins them."""
    words = len(turns[candidate.turn].text.split())
    is_number = not any(map(str.isalpha, candidate.phrase.short))
    return (
        candidate.turn > 0
        and turns[candidate.turn - 1].speaker == "bot"
        and words <= (_NUMBER_WORDS if is_number else _ANSWER_WORDS)
        and (is_number or (candidate.phrase.start == 0 and not candidate.phrase.has_digits))
    )


def _asked_for(message: str, language: str) -> Subject | None:
    """Name what a message asks for: its last question, or the first phrase of all of it."""
    message = plain_text(message)
    questions = [each for each in _SENTENCE.split(message) if "?" in each]
    topic = _brief(phrases_of((questions or [message])[-1], language=language))
    topic = f"{topic}:" if topic else ""
    whole = questions[-1].strip() if questions else ""
    if not whole or len(whole.split()) > _QUESTION_WORDS:
        whole = topic
    return Subject(topic or whole, whole) if whole else None


def _subject_of(
    candidate: Candidate, candidates: Sequence[Candidate], *, request: int | None
) -> Subject | None:
    """Name what a pronoun stands for: what the same message, else the request, spoke of."""
    for turn in (candidate.turn, request):
        before = [
            each.phrase
            for each in candidates
            if each.turn == turn
            and (each.turn, each.phrase.start) < (candidate.turn, candidate.phrase.start)
            and not each.phrase.pronoun
        ]
        if before:
            topic = _brief(before[-1:] if turn == candidate.turn else before[:1])
            return None if topic is None else Subject(f"{topic}:", f"{topic}:")
    return None


def _brief(phrases: Sequence[Phrase]) -> str | None:
    """Choose the first phrase that is brief enough."""
    return next((each.short for each in phrases if len(each.short.split()) <= _SUBJECT_WORDS), None)
