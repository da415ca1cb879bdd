"""The facts: slots and entities, and the phrases with most information."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from zendesk_handoff.domain.dialogue import Dialogue, Turn
from zendesk_handoff.summary.budget import Budget, shorten
from zendesk_handoff.summary.candidates import Candidate
from zendesk_handoff.summary.labels import Labels
from zendesk_handoff.summary.request import without_lead
from zendesk_handoff.summary.subjects import Subject, subject_of
from zendesk_handoff.summary.user_lines import TOLD_NAMES
from zendesk_handoff.summary.words import words_of

#: Slots of the bot's own state, which are no facts of the case. `handoff_outcome` is one: what the
#: agents told the user last time.
INTERNAL_SLOTS = frozenset(
    "handoff_status handoff_reason handoff_end_reason handoff_opens handoff_contact handoff_name "
    "handoff_email handoff_message workspace locale language requested_slot "
    "session_started_metadata handoff_accepted confirm_human_handoff "
    # Those of CALM (Rasa Pro: `default_flows_for_patterns.yml`, `rasa.shared.core.constants`).
    "flow_hashes route_session_to_calm mocked_datetime return_value silence_timeout "
    "consecutive_silence_timeouts confirm_correction interrupted_flow_to_continue "
    "continue_interrupted_flow_confirmation continue_conversation max_clarification_options "
    "csat_score".split()
)
#: The least score of a phrase in the summary.
_MIN_SCORE = 0.08
#: Words of a slot's value, at most.
_VALUE_WORDS = 12
#: The least share of a phrase's content words that the summary must not have yet.
_MIN_NEW = 0.34

#: Words of a clause that stands whole, at most.
_CLAUSE_WORDS = 14

_WORD = re.compile(r"\w+(?:[.:/'’-]\w+)*")

Line = Literal["wants", "facts", "bot"]


@dataclass(frozen=True)
class Item:
    """One entry of a line.

    Attributes:
        line: The line.
        turn: Index of its turn; -1 for slots, before all turns.
        short: The text in as few words as possible.
        full: The text as it was written.
        clause: The whole clause.
        subject: The subject that was put before it.
        is_number: Whether it has a number and no name: "7 people", "20:30".
        score: From 0 to 1.
    """

    line: Line
    turn: int
    short: str
    full: str
    score: float
    clause: str = ""
    subject: Subject | None = None
    is_number: bool = False


def named_facts(dialogue: Dialogue, labels: Labels) -> list[Item]:
    """List slots and entities with their latest values.

    Args:
        dialogue: The conversation, masked.
        labels: The words for yes and no.
    """
    values: dict[str, Any] = {}
    for turn in dialogue.user_turns:
        for entity in turn.entities:
            values[f"{entity.role}_{entity.name}".lstrip("_")] = entity.value
    values.update(dialogue.slots)
    for name in TOLD_NAMES:
        values.pop(name, None)  # they have lines of their own
    items = []
    for name, value in values.items():
        text = "" if name in INTERNAL_SLOTS else _plain_value(value, labels)
        if text:
            label = name.removeprefix("handoff_").replace("_", " ").strip()
            text = shorten(text, _VALUE_WORDS)
            number = any(map(str.isdigit, text)) and not any(map(str.isalpha, text))
            text = f"{label}: {text}"
            items.append(Item("facts", -1, text, text, 1.0, text, is_number=number))
    return items


def _plain_value(value: Any, labels: Labels) -> str:
    """Write a slot's value; an object has no plain text and is left out."""
    if isinstance(value, bool):
        return labels.yes if value else labels.no
    if isinstance(value, (str, int, float)):
        return " ".join(str(value).split())
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return ", ".join(filter(None, (_plain_value(each, labels) for each in value)))
    return ""


def words_in(text: str) -> set[str]:
    """Split a text into words in lower case, to compare them with a candidate's."""
    return {found.lower() for found in _WORD.findall(text)}


def choose(
    candidates: Sequence[Candidate],
    turns: Sequence[Turn],
    budget: Budget,
    items: Sequence[Item],
    labels: Labels,
    *,
    request: int | None,
    language: str,
) -> list[Item]:
    """Choose the phrases with most information within the budget, in their order.

    Args:
        candidates: All candidates.
        turns: The messages.
        budget: Is charged with the chosen ones.
        items: The items that the summary already has.
        labels: The words for yes and no.
        request: The turn with the user's request.
        language: The language of the word list.
    """
    asked = request
    known = {word for item in items for word in words_in(item.full)}
    opened = {item.line for item in items}
    if "wants" in opened:
        request = None  # the request's line is complete
    heap = [(-candidate.score, number) for number, candidate in enumerate(candidates)]
    heapq.heapify(heap)
    chosen: list[tuple[int, Item]] = []
    while heap:
        value, number = heapq.heappop(heap)
        candidate = candidates[number]
        share = len(candidate.content - known) / max(len(candidate.content), 1)
        score = candidate.score * share
        if share < _MIN_NEW or score < _MIN_SCORE:
            continue
        if heap and score < -heap[0][0] and score < -value:
            heapq.heappush(heap, (-score, number))  # less new content than before
            continue
        item = _item(
            candidate, score, labels, request, language, in_request=candidate.turn == asked
        )
        subject = subject_of(candidate, candidates, turns, request=asked, language=language)
        if subject is not None:
            item = _about(item, subject)
        label = "" if item.line in opened else getattr(labels, item.line)
        if not budget.spend(f"{label} {item.short}"):
            continue
        opened.add(item.line)
        known |= candidate.content
        chosen.append((number, item))
    return [item for _, item in sorted(chosen, key=lambda pair: pair[0])]


def widen(items: Sequence[Item], budget: Budget) -> list[Item]:
    """Replace short texts by whole clauses within the budget, the highest scores first.

    An item that stands in the clause of another one of its message is left out.

    Args:
        items: The chosen items.
        budget: Is charged with the additional words.
    """
    wide: list[Item | None] = list(items)
    for index in sorted(range(len(items)), key=lambda at: -items[at].score):
        item = wide[index]
        if item is None:
            continue
        budget.refund(item.short)
        text = next(each for each in (item.clause, item.full, item.short) if budget.fits(each))
        budget.spend(text)
        wide[index] = replace(item, short=text)
        said = words_in(text)
        for other, each in enumerate(wide):
            if (
                each is not None
                and other != index
                and (each.turn, each.line) == (item.turn, item.line)
                and words_in(each.short) <= said
            ):
                budget.refund(each.short)
                wide[other] = None
    return [item for item in wide if item is not None]


def in_order(items: Sequence[Item]) -> list[Item]:
    """Order the items as they were said, and names before numbers in each message.

    Slots have no order of their own: those of text are before those of numbers. A subject that
    follows itself is said once.

    Args:
        items: The chosen items.
    """
    ordered = sorted(items, key=lambda item: (item.turn, item.is_number))
    for at in range(len(ordered) - 1, 0, -1):
        before, item = ordered[at - 1 : at + 1]
        if item.subject is not None and before.line == item.line and before.subject == item.subject:
            ordered[at] = replace(item, short=_without(item.subject, item.short))
    return ordered


def _without(subject: Subject, text: str) -> str:
    """Drop the subject that the item before has."""
    for start in (subject.full, subject.short):
        text = text.removeprefix(f"{start} ")
    return text


def _item(
    candidate: Candidate,
    score: float,
    labels: Labels,
    request: int | None,
    language: str,
    *,
    in_request: bool,
) -> Item:
    line: Line = "bot"
    if candidate.speaker == "user":
        line = "wants" if candidate.turn == request else "facts"
    answer = candidate.answer if candidate.phrase.asked and candidate.speaker == "bot" else None
    mark = f" ({getattr(labels, answer)})" if answer else ""
    phrase = candidate.phrase
    clause = without_lead(phrase.clause, language) if line != "bot" else phrase.clause
    if in_request or len(clause.split()) > _CLAUSE_WORDS:  # the request's line has its beginning
        clause = phrase.said
    return Item(
        line=line,
        turn=candidate.turn,
        short=phrase.short + mark,
        full=phrase.said + mark,
        score=score,
        clause=clause + mark,
        is_number=phrase.has_digits and not any(token.named for token in phrase.tokens),
    )


def _about(item: Item, subject: Subject) -> Item:
    """Put the subject before an item that does not name it."""
    if words_in(subject.short) & words_in(item.short):
        return item
    return replace(
        item,
        short=f"{subject.short} {item.short}",
        full=f"{subject.full} {item.full}",
        clause=f"{subject.full} {item.clause}",
        subject=subject,
    )


def without_repeated(items: Sequence[Item], budget: Budget, others: Iterable[str]) -> list[Item]:
    """Leave out what another item, or another line, says in full.

    Args:
        items: The chosen items, in their order.
        budget: Gets back the words of those that are left out.
        others: The lines that are no items.
    """
    quoted = [words_in(text) for text in others]
    said = [words_in(item.short) for item in items]
    kept = []
    for at, item in enumerate(items):
        repeats = any(said[at] <= words for words in quoted) or any(
            said[at] <= words and (said[at] != words or at > other)
            for other, words in enumerate(said)
            if other != at
        )
        if repeats and item.line != "wants" and item.turn >= 0:
            budget.refund(item.short)
        else:
            kept.append(item)
    return kept


def without_corrected(
    candidates: Sequence[Candidate], turns: Sequence[Turn], language: str
) -> list[Candidate]:
    """Leave out corrected values: "7 tickets" after "sorry, 8 tickets".

    Only a phrase with nothing but the value is left out, so that no other fact is lost.

    Args:
        candidates: All candidates in order.
        turns: The messages.
        language: The language of the word list.
    """
    cues = words_of(language).correction
    corrected: set[int] = set()
    for number, candidate in enumerate(candidates):
        if candidate.speaker == "bot" or not _numbers(candidate) or candidate.score <= 0:
            continue
        if not words_in(turns[candidate.turn].text) & cues:
            continue
        for earlier in range(number - 1, -1, -1):
            other = candidates[earlier]
            if other.speaker == "bot" or not _numbers(other) or other.turn == candidate.turn:
                continue
            if other.content - _numbers(
                other
            ) <= candidate.content and not other.content & _numbers(candidate):
                corrected.add(earlier)
                break
    return [candidate for number, candidate in enumerate(candidates) if number not in corrected]


def _numbers(candidate: Candidate) -> set[str]:
    return {word for word in candidate.content if any(c.isdigit() for c in word)}
