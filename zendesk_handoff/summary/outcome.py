"""The outcome of a human leg in one line: what the agents have said last that has content."""

from __future__ import annotations

from collections.abc import Collection

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.domain.language import language_of
from zendesk_handoff.domain.redaction import PAYMENT, mask_dialogue
from zendesk_handoff.domain.untrusted_text import quotable_dialogue
from zendesk_handoff.summary.candidates import candidates_of
from zendesk_handoff.summary.request import in_one_line

#: Words of the line, at most.
_MAX_WORDS = 30
#: Content words of a message that is more than a courtesy, where there is one.
_SUBSTANCE = 2


def find_outcome(
    dialogue: Dialogue, *, locale: str | None = None, redact: Collection[str] = PAYMENT
) -> str:
    """Extract what the agents have told the user, without thanks and farewells.

    Args:
        dialogue: The human leg; the agents' messages are those that are not the user's.
        locale: The user's language; the dialogue's own by default.
        redact: Kinds of personal data to mask, see `zendesk_handoff.domain.redaction.KINDS`.

    Returns:
        One line in their words; empty if they have said nothing of substance.
    """
    dialogue = mask_dialogue(quotable_dialogue(dialogue), kinds=redact)
    language = language_of(locale or dialogue.locale)
    said: dict[int, set[str]] = {}
    for each in candidates_of(dialogue.turns, language=language):
        if each.speaker != "user" and not each.phrase.asked:  # a question resolves nothing
            words = {word for word in each.content if any(map(str.isalnum, word))}
            said.setdefault(each.turn, set()).update(words)
    substantial = [turn for turn, words in said.items() if len(words) >= _SUBSTANCE]
    last = max(substantial or [turn for turn, words in said.items() if words], default=None)
    if last is None:
        return ""
    text = dialogue.turns[last].text
    return in_one_line(text, _MAX_WORDS, language=language, whole=_MAX_WORDS)
