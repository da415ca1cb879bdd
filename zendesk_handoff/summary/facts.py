"""Chooses the facts: what slots and entities name, and the phrases that carry information."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from zendesk_handoff.domain.dialogue import Dialogue, Turn
from zendesk_handoff.summary.budget import Room, shorten
from zendesk_handoff.summary.evidence import Note
from zendesk_handoff.summary.labels import Labels
from zendesk_handoff.summary.words import words_of

#: Slots that say how the bot works, not what the case is about.
INTERNAL_SLOTS = frozenset(
    "handoff_status handoff_reason handoff_end_reason workspace locale language requested_slot "
    "session_started_metadata".split()
)
#: Below it a phrase is not worth an agent's time.
_FLOOR = 0.1
#: Words that the value of a slot may have.
_VALUE_WORDS = 12
#: A phrase whose words are mostly known already must tell this share of new ones.
_NEW_SHARE = 0.34

_WORD = re.compile(r"\w+(?:[.:/'’-]\w+)*")

Line = Literal["wants", "facts", "bot"]


@dataclass(frozen=True)
class Item:
    """One entry of a line.

    Attributes:
        line: Where it stands.
        turn: When it was said; slots come before all turns.
        short: In as few words as it takes.
        full: As it was said.
        worth: From 0 to 1.
    """

    line: Line
    turn: int
    short: str
    full: str
    worth: float


def named_facts(dialogue: Dialogue, labels: Labels) -> list[Item]:
    """Give what slots and entities name, the user's latest word where they differ.

    Args:
        dialogue: The conversation, masked.
        labels: The words for yes and no.
    """
    values: dict[str, Any] = {}
    for turn in dialogue.user_turns:
        for entity in turn.entities:
            values[entity.name] = entity.value
    values.update(dialogue.slots)
    items = []
    for name, value in values.items():
        told = "" if name in INTERNAL_SLOTS else _told(value, labels)
        if told:
            text = f"{name.replace('_', ' ').strip()}: {shorten(told, _VALUE_WORDS)}"
            items.append(Item("facts", -1, text, text, 1.0))
    return items


def _told(value: Any, labels: Labels) -> str:
    """Write a slot's value; what is no plain value, such as an object, says nothing here."""
    if isinstance(value, bool):
        return labels.yes if value else labels.no
    if isinstance(value, (str, int, float)):
        return " ".join(str(value).split())
    if isinstance(value, Iterable) and not isinstance(value, Mapping):
        return ", ".join(filter(None, (_told(each, labels) for each in value)))
    return ""


def words_in(text: str) -> set[str]:
    """Give the words of a text in lower case, to compare them with a note's."""
    return {found.lower() for found in _WORD.findall(text)}


def choose(
    notes: Sequence[Note], room: Room, told: Sequence[Item], labels: Labels, *, wish: int | None
) -> list[Item]:
    """Choose the phrases that tell most in the room there is, in the order they were said.

    Args:
        notes: Candidates.
        room: Shrinks by what is chosen.
        told: What the summary tells already.
        labels: The words for yes and no.
        wish: The turn that says what the user came for.
    """
    known = {word for item in told for word in words_in(item.full)}
    opened = {item.line for item in told}
    if "wants" in opened:
        wish = None  # it has been said in one line
    heap = [(-note.worth, number) for number, note in enumerate(notes)]
    heapq.heapify(heap)
    chosen: list[tuple[int, Item]] = []
    while heap:
        value, number = heapq.heappop(heap)
        note = notes[number]
        share = len(note.news - known) / max(len(note.news), 1)
        worth = note.worth * share
        if share < _NEW_SHARE or worth < _FLOOR:
            continue
        if heap and worth < -heap[0][0] and worth < -value:
            heapq.heappush(heap, (-worth, number))  # less news than when it was weighed
            continue
        item = _item(note, worth, labels, wish)
        label = "" if item.line in opened else getattr(labels, item.line)
        if not room.take(f"{label} {item.short}"):
            continue
        opened.add(item.line)
        known |= note.news
        chosen.append((number, item))
    return [item for _, item in sorted(chosen, key=lambda pair: pair[0])]


def widen(items: Sequence[Item], room: Room) -> list[Item]:
    """Say things as they were said while there is room, the weightiest first.

    Args:
        items: What was chosen.
        room: Shrinks by what is added.
    """
    wide = list(items)
    for place in sorted(range(len(wide)), key=lambda at: -wide[at].worth):
        item = wide[place]
        room.give_back(item.short)
        text = item.full if room.fits(item.full) else item.short
        room.take(text)
        wide[place] = replace(item, short=text)
    return wide


def _item(note: Note, worth: float, labels: Labels, wish: int | None) -> Item:
    line: Line = "bot"
    if note.speaker == "user":
        line = "wants" if note.turn == wish else "facts"
    answer = note.answer if note.phrase.asked and note.speaker == "bot" else None
    mark = f" ({getattr(labels, answer)})" if answer else ""
    return Item(line, note.turn, note.phrase.short + mark, note.phrase.said + mark, worth)


def without_corrected(notes: Sequence[Note], turns: Sequence[Turn], language: str) -> list[Note]:
    """Leave out what the user took back: "7 tickets" once they said "sorry, 8 tickets".

    Only a phrase that tells nothing but the value is left out, so that no other fact goes with it.

    Args:
        notes: Candidates in order.
        turns: The messages.
        language: Which word list to use.
    """
    cues = words_of(language).correction
    gone: set[int] = set()
    for number, note in enumerate(notes):
        if note.speaker == "bot" or not _numbers(note) or note.worth <= 0:
            continue
        if not words_in(turns[note.turn].text) & cues:
            continue
        for earlier in range(number - 1, -1, -1):
            other = notes[earlier]
            if other.speaker == "bot" or not _numbers(other) or other.turn == note.turn:
                continue
            if other.news - _numbers(other) <= note.news and not other.news & _numbers(note):
                gone.add(earlier)
                break
    return [note for number, note in enumerate(notes) if number not in gone]


def _numbers(note: Note) -> set[str]:
    return {word for word in note.news if any(c.isdigit() for c in word)}
