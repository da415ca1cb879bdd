"""The whole conversation for the agent, in messages that Zendesk takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.redaction import PAYMENT, mask_dialogue
from zendesk_handoff.domain.text import MAX_TEXT, split_text, units
from zendesk_handoff.domain.untrusted_text import quotable_dialogue
from zendesk_handoff.summary.labels import labels_of

#: Messages, at most: a handover must not wait long for them. The last ones are kept.
MAX_MESSAGES = 10
#: Before each further line of a message: a user may have written one that looks like the bot's.
_CONTINUED = "> "


def write_transcript(
    dialogue: Dialogue, *, agent_language: str | None = None, redact: Collection[str] = PAYMENT
) -> list[str]:
    """Write what the user and the bot have said, line by line.

    Args:
        dialogue: The dialogue.
        agent_language: Language of the labels.
        redact: Kinds of personal data to mask, see `zendesk_handoff.domain.redaction.KINDS`.

    Returns:
        Plain texts of at most 4,096 UTF-16 units each, the limit of a Zendesk message; the first
        says so if earlier ones are left out.
    """
    # Before anything is cut, so that no half of a card number remains.
    masked = mask_dialogue(quotable_dialogue(dialogue), kinds=redact)
    labels = labels_of(agent_language)
    parts = _joined(
        line
        for turn in masked.turns
        if not turn.about_handover
        for line in _lines(labels.user if turn.speaker == "user" else labels.agent, turn.text)
    )
    if len(parts) <= MAX_MESSAGES:
        return parts
    return [labels.left_out, *parts[1 - MAX_MESSAGES :]]


def _lines(speaker: str, text: str) -> Iterator[str]:
    """Write one message in lines, of which the first alone can begin with the speaker."""
    mark = ""
    for line in f"{speaker} {text}".splitlines():
        for piece in split_text(line, MAX_TEXT - units(_CONTINUED)):
            yield f"{mark}{piece}".rstrip()
            mark = _CONTINUED


def _joined(lines: Iterable[str]) -> list[str]:
    """Join lines to as few texts as they fit in; none is divided."""
    parts: list[list[str]] = []
    size = MAX_TEXT
    for line in lines:
        length = units(line) + 1  # with the line's end
        size += length
        if size > MAX_TEXT:
            parts.append([])
            size = length
        parts[-1].append(line)
    return ["\n".join(part) for part in parts]
