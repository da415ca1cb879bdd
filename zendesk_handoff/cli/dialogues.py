"""``zendesk-handoff score`` and ``summarize``: score and summary of logged dialogues."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from zendesk_handoff import frustration, summary
from zendesk_handoff.cli.output import exit_with_error
from zendesk_handoff.domain.dialogue import Dialogue, dialogue_from_turns

FileArgument = Annotated[
    typer.FileText,
    typer.Argument(
        encoding="utf-8",
        help='Dialogues, one JSON object a line: {"turns": [{"speaker": "user" or "bot", '
        '"text": …}]}, with "locale" and "slots" where known; - for standard input.',
    ),
]


def score(
    file: FileArgument,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="The score from which on to escalate.")
    ] = frustration.DEFAULT_THRESHOLD,
    window: Annotated[
        int, typer.Option(min=1, help="How many earlier messages still count.")
    ] = frustration.DEFAULT_WINDOW,
) -> None:
    """Score the last message of the user in each dialogue, one JSON line each."""
    for dialogue in read_dialogues(file):
        found = frustration.score(dialogue, threshold=threshold, window=window)
        _print({"score": found.score, "escalate": found.escalate, "reasons": list(found.reasons)})


def summarize(
    file: FileArgument,
    max_words: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Words that a summary may have.",
            show_default="grows with the dialogue",
        ),
    ] = None,
) -> None:
    """Summarise each dialogue for the agent who takes it over, one JSON line each."""
    for dialogue in read_dialogues(file):
        _print({"summary": summary.summarize(dialogue, max_words=max_words)})


def read_dialogues(file: typer.FileText) -> Iterator[Dialogue]:
    """Read dialogues from JSON lines; one that is no dialogue ends the command with its number.

    The error names the problem, never the text: logs of conversations are personal data.

    Args:
        file: Open for reading.

    Yields:
        A dialogue for each line that is not blank.
    """
    try:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _read_dialogue(number, line)
    except UnicodeDecodeError:
        exit_with_error("The file is not UTF-8 text.")


def _read_dialogue(number: int, line: str) -> Dialogue:
    try:
        record = json.loads(line)
        if not isinstance(record, dict) or not isinstance(record.get("turns"), list):
            raise ValueError("it has no list of turns")
        slots, locale = record.get("slots") or {}, record.get("locale")
        if not isinstance(slots, dict) or not (locale is None or isinstance(locale, str)):
            raise ValueError("slots must be an object and locale a text")
        return dialogue_from_turns(record["turns"], slots=slots, locale=locale)
    except (json.JSONDecodeError, RecursionError):
        exit_with_error(f"Line {number} is not JSON.")
    except ValueError as error:
        exit_with_error(f"Line {number} is not a dialogue: {error}.")


def _print(answer: dict[str, object]) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False))
