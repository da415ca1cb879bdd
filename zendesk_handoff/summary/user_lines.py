"""The lines about the user: each origin has its own, so that nothing told passes for proven."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.identity import Origin
from zendesk_handoff.domain.templates import plain
from zendesk_handoff.summary.labels import Labels

#: The slots and entities that tell who the user is.
TOLD_NAMES = ("name", "email")


def user_lines(dialogue: Dialogue, labels: Labels) -> list[tuple[str, str]]:
    """List the names and e-mail addresses of each origin, the most trusted first.

    The origin is the label, in front of the values: a line that is cut keeps it.

    Args:
        dialogue: The conversation, masked.
        labels: The labels of the language.

    Returns:
        The label and the text of each line.
    """
    lines = []
    for origin in Origin:
        values = [fact.value for fact in dialogue.user_facts if fact.origin is origin]
        if origin is Origin.TOLD:
            values = [f"{name}: {value}" for name, value in _told(dialogue)]
        if values:
            lines.append((getattr(labels, origin.value), "; ".join(values)))
    return lines


def _told(dialogue: Dialogue) -> Iterator[tuple[str, str]]:
    """Yield what was told: as recorded, and in slots and entities, each value once."""
    found = [(fact.field, fact.value) for fact in dialogue.user_facts if fact.origin is Origin.TOLD]
    found += [(name, dialogue.slots[name]) for name in TOLD_NAMES if name in dialogue.slots]
    entities = (entity for turn in dialogue.user_turns for entity in turn.entities)
    found += [(each.name, each.value) for each in entities if each.name in TOLD_NAMES]
    known = {fact.value for fact in dialogue.user_facts if fact.origin is not Origin.TOLD}
    texts = ((name, " ".join((plain(value) or "").split())) for name, value in found)
    for name, text in dict.fromkeys(texts):
        if text and text not in known:
            yield name, text
