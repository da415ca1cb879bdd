"""Puts a summary together: the reason above, the last messages below, all within the limits."""

from __future__ import annotations

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.summary.budget import Room, shorten
from zendesk_handoff.summary.labels import Labels

#: Messages at the end that are shown as they were written, at most.
LAST_MESSAGES = 6
#: Of all words, how many a text that somebody else wrote may take.
_BODY_SHARE = 0.65


def frame(
    dialogue: Dialogue, body: str, *, reason: str | None, labels: Labels, max_words: int
) -> str:
    """Set a text that was written elsewhere between the reason and the last messages.

    Args:
        dialogue: The conversation, masked.
        body: The text, masked, in lines.
        reason: Why the user is handed over, masked.
        labels: The words of the language.
        max_words: Words that the whole may have.
    """
    room = Room(max_words)
    lines = [labelled(labels.why, reason, room, words=max_words // 2)] if reason else []
    part = room.part(int(max_words * _BODY_SHARE), share=_BODY_SHARE)
    for line in body.splitlines():
        text = shorten(line, part.words, part.characters)
        if not text or not part.take(text):
            break
        lines.append(text)
        if text != line:
            break
    room.spend(part)
    lines = [line for line in lines if line]
    return "\n".join([*lines, *last_messages(dialogue, room, labels, parted=bool(lines))])


def labelled(label: str, text: str, room: Room, *, words: int) -> str:
    """Write one line with its label, shortened to what there is room for.

    Args:
        label: In front of it.
        text: Masked.
        room: Shrinks by what is written.
        words: Words that the line may have.

    Returns:
        The line, or nothing where there is no room.
    """
    start = f"{label} " if label else ""
    free = min(words, room.words) - len(label.split())
    told = shorten(" ".join(text.split()), free, room.characters - len(start) * 2)
    return f"{start}{told}" if told and room.take(f"{start}{told}") else ""


def last_messages(dialogue: Dialogue, room: Room, labels: Labels, *, parted: bool) -> list[str]:
    """Give the end of the conversation word for word, as many whole messages as there is room for.

    Args:
        dialogue: The conversation, masked.
        room: Shrinks by what is written.
        labels: The words of the language.
        parted: Whether an empty line stands above.

    Returns:
        A heading and the messages; nothing where not even the last one fits.
    """
    heading = f"\n{labels.last}" if parted else labels.last
    names = {"user": labels.user, "bot": labels.agent}
    shown: list[str] = []
    if not room.take(heading):
        return []
    told = [turn for turn in dialogue.turns if turn.text.strip()]
    for turn in reversed(told[-LAST_MESSAGES:]):
        line = f"{names[turn.speaker]} {' '.join(turn.text.split())}"
        if not room.take(line):
            break
        shown.append(line)
    return [heading, *reversed(shown)] if shown else []
