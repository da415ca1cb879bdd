"""The layout of a summary: the reason above, the last messages below, within the budget."""

from __future__ import annotations

from zendesk_handoff.domain.dialogue import Dialogue
from zendesk_handoff.summary.budget import Budget, shorten
from zendesk_handoff.summary.labels import Labels
from zendesk_handoff.summary.user_lines import user_lines

#: The last messages that are shown, at most.
LAST_MESSAGES = 6
#: The share of the budget for a text from a language model.
_BODY_SHARE = 0.65


def frame(
    dialogue: Dialogue, body: str, *, reason: str | None, labels: Labels, max_words: int
) -> str:
    """Put a language model's text between the reason and the last messages.

    Args:
        dialogue: The conversation, masked.
        body: The text, masked, in lines.
        reason: Why the user is handed over, masked.
        labels: The labels of the language.
        max_words: Words of the whole summary, at most.
    """
    budget = Budget(max_words)
    lines = [labelled(labels.why, reason, budget, words=max_words // 2)] if reason else []
    for label, text in user_lines(dialogue, labels):
        lines.append(labelled(label, text, budget, words=budget.words // 2))
    lines.append(labelled("", flow_line(dialogue, labels), budget, words=budget.words // 2))
    part = budget.part(int(max_words * _BODY_SHARE), share=_BODY_SHARE)
    for line in body.splitlines():
        if _imitates(line, labels):
            continue
        text = shorten(line, part.words, part.characters)
        if not text or not part.spend(text):
            break
        lines.append(text)
        if text != line:
            break
    budget.charge(part)
    lines = [line for line in lines if line]
    return "\n".join([*lines, *last_messages(dialogue, budget, labels, parted=bool(lines))])


def flow_line(dialogue: Dialogue, labels: Labels) -> str:
    """Say where a CALM bot's flow stood; nothing without one.

    Args:
        dialogue: The conversation, masked.
        labels: The labels of the language.
    """
    if dialogue.flow is None:
        return ""
    parts = [_in_words(dialogue.flow)]
    if dialogue.flow_step is not None:
        parts.append(f"{labels.step} {_in_words(dialogue.flow_step)}")
    return f"{labels.was_in} {', '.join(parts)}"


def _in_words(name: str) -> str:
    """Write an id as Rasa does where a flow has no name."""
    return " ".join(name.replace("_", " ").replace("-", " ").split())


def _imitates(line: str, labels: Labels) -> bool:
    """Tell whether a line begins with a label of ours: a user may have told the model to write it.

    The reason and the heading of the quoted messages are written by the program alone.
    """
    start = line.strip("*_-#> \t").casefold()
    return start.startswith((labels.why.casefold(), labels.last.casefold()))


def labelled(label: str, text: str, budget: Budget, *, words: int) -> str:
    """Write one line with its label, shortened to the budget.

    Args:
        label: The label.
        text: The text, masked.
        budget: Is charged with the line.
        words: Words of the line, at most.

    Returns:
        The line, or nothing where none fits.
    """
    start = f"{label} " if label else ""
    free = min(words, budget.words) - len(label.split())
    short = shorten(" ".join(text.split()), free, budget.characters - len(start) * 2)
    return f"{start}{short}" if short and budget.spend(f"{start}{short}") else ""


def last_messages(dialogue: Dialogue, budget: Budget, labels: Labels, *, parted: bool) -> list[str]:
    """Quote the last messages of the conversation, as many whole ones as fit.

    Args:
        dialogue: The conversation, masked.
        budget: Is charged with the lines.
        labels: The labels of the language.
        parted: Whether an empty line precedes the heading.

    Returns:
        A heading and the messages; nothing where not even the last one fits.
    """
    heading = f"\n{labels.last}" if parted else labels.last
    names = {"user": labels.user, "bot": labels.agent}
    shown: list[str] = []
    if not budget.spend(heading):
        return []
    spoken = [turn for turn in dialogue.turns if turn.text.strip()]
    for turn in reversed(spoken[-LAST_MESSAGES:]):
        line = f"{names[turn.speaker]} {' '.join(turn.text.split())}"
        if not budget.spend(line):
            break
        shown.append(line)
    return [heading, *reversed(shown)] if shown else []
