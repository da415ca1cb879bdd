"""The user's request, and its text in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zendesk_handoff.domain.dialogue import FALLBACK_INTENTS, Turn
from zendesk_handoff.summary.budget import shorten
from zendesk_handoff.summary.candidates import Candidate
from zendesk_handoff.summary.phrases import phrases_of, plain_text, tokens_of
from zendesk_handoff.summary.words import formulas_of, words_of

#: Intents that are no request.
SMALL_TALK = frozenset(
    "human_handoff greet goodbye thanks affirm deny bot_challenge chitchat complain".split()
)
#: Those of them whose messages may hold a request, where there is no better one.
_VAGUE = frozenset("complain chitchat bot_challenge".split())
#: Intents of a message that continues an earlier request.
_CONTINUING = FALLBACK_INTENTS | {"inform"}
#: Words from which on the beginning of a clause reads better than its phrases.
_READABLE = 12
#: Content words that a first message needs to count as a request.
_SUBSTANCE = 1

_POINTS = ".,;:!?…-–—"
#: A comma before a capital may stand inside a name: "Portland, OR".
_CLAUSE = re.compile(
    r"(?<=[.;:!?…–—])\s+|(?<=,)\s+(?![A-ZÄÖÜ][^\s])"
    r"|\s+(?=(?:and|but|because|und|aber|weil|y|pero|porque)\b)"
)


_ADDRESSED = re.compile(r"[A-ZÄÖÜÉ][\w'-]*[,!]")


def find_request(turns: Sequence[Turn], candidates: Sequence[Candidate]) -> int | None:
    """Find the message with the user's request.

    It is the last message whose intent is a request; without such intents the first message
    with some substance, or the one with most content.

    Args:
        turns: The messages.
        candidates: Their phrases, as `candidates_of` gives them.

    Returns:
        The index of a turn; nothing without a message of the user.
    """
    users = [at for at, turn in enumerate(turns) if turn.speaker == "user"]
    named = [at for at in users if turns[at].intent not in SMALL_TALK | _CONTINUING | {None}]
    if named:
        return named[-1]
    open_to = [at for at in users if turns[at].intent not in SMALL_TALK] or [
        at for at in users if turns[at].intent in _VAGUE
    ]
    content = {at: set[str]() for at in open_to}
    for candidate in candidates:
        if candidate.turn in content:
            content[candidate.turn] |= candidate.content
    for at in open_to:
        if len(content[at]) >= _SUBSTANCE:
            return at
    return max(open_to, key=lambda at: (len(content[at]), len(turns[at].text)), default=None)


def in_one_line(text: str, words: int, *, language: str, whole: int = 0) -> str:
    """Shorten a message to its clauses that carry information.

    Args:
        text: The message, masked.
        words: Words of the line, at most.
        language: The language of the word list.
        whole: A message of at most so many words is not cut, where it fits.

    Returns:
        One line, from whole clauses where they fit, else from its phrases in short.
    """
    text = formulas_of(language).sub(" ", plain_text(text))
    message = _without_courtesy(text, language)
    if len(message.split()) <= min(whole, words) and phrases_of(message, language=language):
        return message.rstrip(" ,;:–—")
    kept: list[str] = []
    left = words
    for clause in _CLAUSE.split(message):
        if not phrases_of(clause, language=language):
            continue
        said, clause = clause, without_lead(clause, language)
        if clause != said and not _asks(clause, language):
            clause = clause.rstrip("?")
        if len(clause.split()) > left:
            if not kept and left >= _READABLE:
                return shorten(clause, left)
            break
        if kept and clause != said and kept[-1][-1] not in _POINTS:
            kept[-1] += ","  # "I am on a budget, cheap place to stay"
        kept.append(clause)
        left -= len(clause.split())
    if kept and not _has_content(" ".join(kept), language) and len(message.split()) <= words:
        return message.rstrip(" ,;:–—")  # "no, I want to know why" cannot be shortened
    if not kept:
        for phrase in phrases_of(text, language=language):
            if len(phrase.short.split()) > left:
                continue
            kept.append(f"{phrase.short};")
            left -= len(phrase.short.split())
    return " ".join(kept).rstrip(" ,;:–—")


def _has_content(text: str, language: str) -> bool:
    """Check whether a text is more than a "no"."""
    phrases = phrases_of(text, language=language)
    kept = {token.plain for phrase in phrases for token in phrase.tokens}
    return not kept <= words_of(language).negations


def _asks(clause: str, language: str) -> bool:
    """Check whether a clause begins as a question does: "where my parcel is"."""
    return clause.split()[0].lower() in words_of(language).question_words


def without_lead(clause: str, language: str) -> str:
    """Drop "I am looking for a" before its object: the label says the same.

    Of "I want to know why it is" only the words before the question are dropped.
    """
    lists = words_of(language)
    tokens = tokens_of(clause, language=language)
    first = next((at for at, token in enumerate(tokens) if token.kept), 0)
    requesting = [
        at for at, token in enumerate(tokens[:first]) if token.plain in lists.request_verbs
    ]
    if not requesting:
        return clause
    question = (
        at for at in range(requesting[0], first) if tokens[at].plain in lists.question_words
    )
    start = next(question, first)
    if start < first and tokens[start - 1].plain in lists.prepositions:  # "since when"
        start -= 1
    return clause[tokens[start].start :]


def _without_courtesy(text: str, language: str) -> str:
    """Drop the greeting at the beginning and the thanks at the end."""
    lists = words_of(language)
    words = text.split()
    start, stop = 0, len(words)
    while start < stop and words[start].strip(_POINTS).lower() in lists.greeting | {""}:
        start += 1
    if 0 < start < stop and _ADDRESSED.fullmatch(words[start]):  # "Hi Ada, …"
        start += 1
    while stop > start and words[stop - 1].strip(_POINTS).lower() in lists.courtesy | {""}:
        stop -= 1
    return " ".join(words[start:stop] or words)
