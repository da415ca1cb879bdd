"""Writes the summary from what was said, offline and with nothing invented."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from zendesk_handoff import frustration
from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.redaction import PAYMENT, mask, mask_dialogue
from zendesk_handoff.summary.attempts import last_answer, not_understood
from zendesk_handoff.summary.budget import Room, default_words, digest_words, shorten
from zendesk_handoff.summary.evidence import Note, notes_of
from zendesk_handoff.summary.facts import (
    Item,
    Line,
    choose,
    named_facts,
    widen,
    without_corrected,
    words_in,
)
from zendesk_handoff.summary.labels import Labels, labels_of
from zendesk_handoff.summary.layout import labelled, last_messages
from zendesk_handoff.summary.notes import plain_text
from zendesk_handoff.summary.request import SMALL_TALK, find_wish, in_one_line
from zendesk_handoff.summary.words import language_of

#: What the wish may take of the digest, and what it gets anyway, in words.
_WISH_SHARE = 0.35
_WISH_LEAST = 8
#: What a sign of frustration may take.
_MOOD_SHARE = 0.25
_SIGNS = 2
#: What the messages that the bot did not understand may take, and one of them, in words.
_FAILURE_SHARE = 0.4
_QUOTE_WORDS = 12
#: How much more a phrase of the bot's last answer is worth, and how long that may become.
_ANSWER_BOOST = 0.25
_ANSWER_WORDS = 30
#: One that is no longer is told whole: "it is on its way" has no news, but the rest needs it.
_WHOLE_ANSWER = 20


def summarize(
    dialogue: Dialogue,
    *,
    reason: str | None = None,
    locale: str | None = None,
    max_words: int | None = None,
    redact: Collection[str] = PAYMENT,
) -> str:
    """Summarise a dialogue for the agent who takes it over.

    Args:
        dialogue: What was said, and the slots.
        reason: Why the user is handed over.
        locale: Language of the labels; the dialogue's own by default.
        max_words: Words that the summary may have; by default it grows with the dialogue.
        redact: Kinds of personal data to mask, see `zendesk_handoff.redact.KINDS`.

    Returns:
        Plain text of at most 4,096 UTF-16 units, what a Zendesk message may hold.
    """
    # First of all: whatever is shortened later, no half of a card number is left over.
    dialogue = mask_dialogue(dialogue, kinds=redact)
    reason = mask(reason, kinds=redact) if reason else ""
    locale = locale or dialogue.locale
    labels, language = labels_of(locale), language_of(locale)
    room = Room(default_words(dialogue) if max_words is None else max_words)
    part = room.part(digest_words(dialogue) + len(reason.split()))
    digest = _digest(dialogue, reason, labels, language, part)
    room.spend(part)
    return "\n".join([*digest, *last_messages(dialogue, room, labels, parted=bool(digest))])


def _digest(
    dialogue: Dialogue, reason: str, labels: Labels, language: str, room: Room
) -> list[str]:
    """Write the lines above the last messages, the most useful first to take their room."""
    turns = dialogue.turns
    why = labelled(labels.why, reason, room, words=room.words // 2) if reason else ""
    mood = _mood(dialogue, reason, labels, language, room)
    notes = [
        note
        for note in without_corrected(notes_of(turns, language=language), turns, language)
        if not turns[note.turn].about_handover  # neither a fact nor an answer to the case
    ]
    wish = find_wish(turns, notes)
    answer = last_answer(turns, notes, after=-1 if wish is None else wish)
    items: list[Item] = []
    if wish is not None:
        items += _wish(dialogue, wish, labels, language, room)
    failed = _failures(dialogue, labels, room)
    for item in named_facts(dialogue, labels):
        label = "" if any(each.line == "facts" for each in items) else labels.facts
        if room.take(f"{label} {item.short}"):
            items.append(item)
    telling = [note for note in notes if turns[note.turn].intent not in SMALL_TALK]
    items += choose(_boosted(telling, answer), room, items, labels, wish=wish)
    if not items and wish is not None:  # a word without end, say
        text = plain_text(turns[wish].text)
        text = shorten(text, room.words - len(labels.wants.split()), room.characters // 2)
        items = (
            [Item("wants", wish, text, text, 1.0)] if room.take(f"{labels.wants} {text}") else []
        )
    if answer is not None:
        items = _in_clauses(items, dialogue, answer, labels, language, room)
    items = sorted(widen(items, room), key=lambda item: item.turn)
    lines: list[Line] = ["wants", "facts", "bot"]
    told = {line: "; ".join(item.short for item in items if item.line == line) for line in lines}
    body = [f"{getattr(labels, line)} {text}" for line, text in told.items() if text]
    return [line for line in (why, *body, failed, mood) if line]


def _mood(dialogue: Dialogue, reason: str, labels: Labels, language: str, room: Room) -> str:
    """Name the signs of frustration where they stand out and the reason does not name them."""
    judged = frustration.score(dialogue, locale=language)
    signs = "; ".join([sign for sign in judged.reasons if sign not in reason][:_SIGNS])
    if not judged.escalate or not signs or len(signs.split()) > room.words * _MOOD_SHARE:
        return ""
    return labelled(labels.mood, signs, room, words=room.words)


def _failures(dialogue: Dialogue, labels: Labels, room: Room) -> str:
    """Quote what the bot did not understand, the last of it where there is no room for more."""
    quoted = [f"“{shorten(text, _QUOTE_WORDS)}”" for text in not_understood(dialogue.turns)]
    for start in range(len(quoted)):
        line = f"{labels.failed} {'; '.join(quoted[start:])}"
        if len(line.split()) <= room.words * _FAILURE_SHARE and room.take(line):
            return line
    return ""


def _wish(dialogue: Dialogue, turn: int, labels: Labels, language: str, room: Room) -> list[Item]:
    words = max(min(_WISH_LEAST, room.words - 2), int(room.words * _WISH_SHARE))
    text = in_one_line(dialogue.turns[turn].text, words, language=language)
    if text and room.take(f"{labels.wants} {text}"):
        return [Item("wants", turn, text, text, 1.0)]
    return []


def _boosted(notes: list[Note], answer: int | None) -> list[Note]:
    return [
        replace(note, worth=min(1.0, note.worth + _ANSWER_BOOST)) if note.turn == answer else note
        for note in notes
    ]


def _in_clauses(
    items: list[Item], dialogue: Dialogue, answer: int, labels: Labels, language: str, room: Room
) -> list[Item]:
    """Put whole clauses of the bot's last answer in the place of its phrases, if there is room.

    Where nothing the bot said was chosen, since it only turned the user's own words down, they are
    told all the same.
    """
    lines = [item for item in items if item.line == "bot"]
    told = [item for item in lines if item.turn == answer]
    taken = sum(len(item.short.split()) for item in told)
    text = in_one_line(
        dialogue.turns[answer].text,
        min(taken + room.words, _ANSWER_WORDS),
        language=language,
        whole=_WHOLE_ANSWER,
    )
    covered = all(words_in(item.short) <= words_in(text) for item in told)
    if not text or not covered or (lines and not told):
        return items
    for item in told:
        room.give_back(item.short)
    if not room.take(text if lines else f"{labels.bot} {text}"):
        for item in told:
            room.take(item.short)
        return items
    return [item for item in items if item not in told] + [Item("bot", answer, text, text, 1.0)]
