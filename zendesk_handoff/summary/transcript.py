"""The whole conversation for the agent, in messages that Zendesk takes."""

from __future__ import annotations

from collections.abc import Collection

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.redaction import PAYMENT, mask_dialogue
from zendesk_handoff.domain.text import split_text
from zendesk_handoff.domain.untrusted_text import quotable_dialogue
from zendesk_handoff.summary.labels import labels_of

#: Messages, at most: a handover must not wait long for them. The last ones are kept.
MAX_MESSAGES = 10


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
    lines = [
        f"{labels.user if turn.speaker == 'user' else labels.agent} {turn.text}"
        for turn in masked.turns
        if not turn.about_handover
    ]
    if not lines:
        return []
    parts = [each for each in split_text("\n".join(lines)) if each.strip()]
    if len(parts) <= MAX_MESSAGES:
        return parts
    return [labels.left_out, *parts[1 - MAX_MESSAGES :]]
