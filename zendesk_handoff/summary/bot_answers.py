"""The bot's last answer, and the messages that it did not understand."""

from __future__ import annotations

from collections.abc import Sequence

from zendesk_handoff.domain.dialogue import Turn
from zendesk_handoff.summary.candidates import Candidate
from zendesk_handoff.summary.phrases import SPAN
from zendesk_handoff.summary.request import SMALL_TALK
from zendesk_handoff.summary.words import Words, formulas_of, words_of

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


def answers_to_thanks(
    turns: Sequence[Turn], candidates: Sequence[Candidate], *, language: str
) -> frozenset[int]:
    """Find the bot's replies to nothing but thanks: "feel free to come back", "enjoy your stay".

    Args:
        turns: The messages.
        candidates: Their phrases, as `candidates_of` gives them.
        language: The language of the word list.

    Returns:
        The indices of the bot's messages.
    """
    lists = words_of(language)
    with_content = {each.turn for each in candidates if not SPAN.fullmatch(each.phrase.short)}
    found = set()
    for at in range(1, len(turns)):
        before = turns[at - 1]
        if turns[at].speaker != "bot" or before.speaker != "user" or at - 1 in with_content:
            continue
        words = _words(formulas_of(language).sub(" ", before.text))  # "that's all", for one
        asked = at > 1 and _asks(turns[at - 2], lists)
        accepts = asked and words[:1] and words[0] in lists.acceptance - lists.thanks
        if not accepts and not lists.thanks.isdisjoint(words):
            found.add(at)
    return frozenset(found)


def _asks(turn: Turn, lists: Words) -> bool:
    """Check whether a message of the bot's ends with a question, or wants something confirmed."""
    return turn.text.rstrip().endswith("?") or not lists.transaction.isdisjoint(_words(turn.text))


def _words(text: str) -> list[str]:
    return [word.strip(".,;:!?").lower() for word in text.split()]


def before_the_case(
    turns: Sequence[Turn], candidates: Sequence[Candidate], *, request: int | None
) -> frozenset[int]:
    """Find what the bot said before the user came to the point: who it is, what it can do.

    Args:
        turns: The messages.
        candidates: Their phrases, as `candidates_of` gives them.
        request: The turn with the user's request.

    Returns:
        The indices of the bot's messages; none where the user never comes to a point.
    """
    said: dict[int, set[str]] = {}
    for candidate in candidates:
        if candidate.speaker == "user" and turns[candidate.turn].intent not in SMALL_TALK:
            said.setdefault(candidate.turn, set()).update(candidate.content)
    points = {turn for turn, content in said.items() if len(content) >= _SUBSTANCE}
    points |= set() if request is None else {request}
    first = min(points, default=0)
    return frozenset(at for at in range(first) if turns[at].speaker == "bot")


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
