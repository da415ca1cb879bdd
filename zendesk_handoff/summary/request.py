"""Finds what the user came for, and says it in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zendesk_handoff.domain.dialogue import FALLBACK_INTENTS, Turn
from zendesk_handoff.summary.evidence import Note
from zendesk_handoff.summary.notes import phrases_of, plain_text, tokens_of
from zendesk_handoff.summary.words import formulas_of, words_of

#: Intents that say nothing of what the user came for.
SMALL_TALK = frozenset(
    "human_handoff greet goodbye thanks affirm deny bot_challenge chitchat complain".split()
)
#: Those that may hold a case all the same, where there is nothing better.
_VAGUE = frozenset("complain chitchat bot_challenge".split())
#: Intents of a message that goes on with a request made before.
_GOING_ON = FALLBACK_INTENTS | {"inform"}
#: Words with news in them that a first message needs to count as a request.
_SUBSTANCE = 1

_POINTS = ".,;:!?…-–—"
#: A comma before a capital may stand inside a name: "Portland, OR".
_CLAUSE = re.compile(
    r"(?<=[.;:!?…–—])\s+|(?<=,)\s+(?![A-ZÄÖÜ][^\s])"
    r"|\s+(?=(?:and|but|because|und|aber|weil|y|pero|porque)\b)"
)


def find_wish(turns: Sequence[Turn], notes: Sequence[Note]) -> int | None:
    """Find the message that says what the user came for.

    Where the NLU knows requests it is the last one; otherwise the first message with some
    substance, or the one that says most.

    Args:
        turns: The messages.
        notes: What `evidence.notes_of` took from them.

    Returns:
        The index of a turn; nothing where the user has said nothing.
    """
    users = [at for at, turn in enumerate(turns) if turn.speaker == "user"]
    named = [at for at in users if turns[at].intent not in SMALL_TALK | _GOING_ON | {None}]
    if named:
        return named[-1]
    open_to = [at for at in users if turns[at].intent not in SMALL_TALK] or [
        at for at in users if turns[at].intent in _VAGUE
    ]
    news = {at: set[str]() for at in open_to}
    for note in notes:
        if note.turn in news:
            news[note.turn] |= note.news
    for at in open_to:
        if len(news[at]) >= _SUBSTANCE:
            return at
    return max(open_to, key=lambda at: (len(news[at]), len(turns[at].text)), default=None)


def in_one_line(text: str, words: int, *, language: str, whole: int = 0) -> str:
    """Say a message in so many words: those of its clauses that say something.

    Args:
        text: What somebody wrote, masked where it must be.
        words: Words it may have.
        language: Which word list to use.
        whole: A message of so many words at most is not cut, where it fits.

    Returns:
        One line, from whole clauses where they fit, else from its phrases in short.
    """
    text = formulas_of(language).sub(" ", plain_text(text))
    told = _without_courtesy(text, language)
    if len(told.split()) <= min(whole, words) and phrases_of(told, language=language):
        return told.rstrip(" ,;:–—")
    kept: list[str] = []
    left = words
    for clause in _CLAUSE.split(told):
        if not phrases_of(clause, language=language):
            continue
        clause = _without_lead(clause, language)
        if len(clause.split()) > left:
            break
        kept.append(clause)
        left -= len(clause.split())
    if kept and not _tells(" ".join(kept), language) and len(told.split()) <= words:
        return told.rstrip(" ,;:–—")  # "no, I want to know why": each word of it counts
    if not kept:
        for phrase in phrases_of(text, language=language):
            if len(phrase.short.split()) > left:
                continue
            kept.append(f"{phrase.short};")
            left -= len(phrase.short.split())
    return " ".join(kept).rstrip(" ,;:–—")


def _tells(text: str, language: str) -> bool:
    """Say whether a text is more than a "no"."""
    phrases = phrases_of(text, language=language)
    told = {token.plain for phrase in phrases for token in phrase.tokens}
    return not told <= words_of(language).negations


def _without_lead(clause: str, language: str) -> str:
    """Drop "I am looking for a" in front of what is looked for: the label says it.

    Of "I want to know why it is" only what comes before the question goes.
    """
    lists = words_of(language)
    tokens = tokens_of(clause, language=language)
    first = next((at for at, token in enumerate(tokens) if token.kept), 0)
    wished = [at for at, token in enumerate(tokens[:first]) if token.plain in lists.wishing]
    if not wished:
        return clause
    asked = (at for at in range(wished[0], first) if tokens[at].plain in lists.asking)
    start = next(asked, first)
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
    while stop > start and words[stop - 1].strip(_POINTS).lower() in lists.courtesy | {""}:
        stop -= 1
    return " ".join(words[start:stop] or words)
