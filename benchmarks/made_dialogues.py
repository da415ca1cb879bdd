"""Dialogues that were made for this project, with a mark at each message of the user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from zendesk_handoff.domain.dialogue import Dialogue, Turn

#: What the fit learns from, beside the public sets; never reported on.
FITTED = Path(__file__).parent / "frustration_made" / "en.txt"
#: What is measured and never fitted on.
MEASURED = Path(__file__).parent.parent / "tests" / "data"
LANGUAGES = ("de", "es", "fr")

_BOT, _CALM, _FRUSTRATED = "<", ".", "!"


def read_made(path: Path) -> Iterator[tuple[int, Dialogue, int]]:
    """Yield each message of the user, with the dialogue up to it.

    Args:
        path: A file; its first lines explain the format.

    Yields:
        The number of the dialogue, the dialogue, and 1 where the user is frustrated.
    """
    for number, block in enumerate(re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))):
        lines = [line.split(" ", 1) for line in block.splitlines() if not line.startswith("#")]
        turns = tuple(Turn("bot" if mark == _BOT else "user", text) for mark, text in lines)
        for at, (mark, _) in enumerate(lines):
            if mark in (_CALM, _FRUSTRATED):
                yield number, Dialogue(turns[: at + 1]), int(mark == _FRUSTRATED)


def measured(language: str) -> Path:
    """Return the file of a language.

    Args:
        language: One of `LANGUAGES`.
    """
    return MEASURED / f"frustration_made_here_{language}.txt"
