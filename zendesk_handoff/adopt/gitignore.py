"""``.gitignore``: secrets and the conversations' database are in no repository."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from zendesk_handoff.adopt.files import read_text
from zendesk_handoff.adopt.lines import Edit, Lines
from zendesk_handoff.adopt.patch import NOTHING, Edits
from zendesk_handoff.settings.env_file import ENV_FILE

#: A name of each kind of file, and the pattern for it.
_PATTERNS = ((ENV_FILE, ENV_FILE), ("handoff.db-wal", "handoff.db*"))


def checkout_of(folder: Path) -> Path | None:
    """Find the root of the git checkout that a folder is in."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def ignore_files(folder: Path, text: str) -> Edits:
    """Add the patterns that neither this ``.gitignore`` nor one above it has.

    Args:
        folder: The bot's folder.
        text: The text of its ``.gitignore``; empty for a new file.
    """
    root = checkout_of(folder)
    if root is None:
        return NOTHING
    rules: list[str] = []
    for each in (*folder.parents,)[::-1]:
        if each.is_relative_to(root):
            rules += _rules(read_text(each / ".gitignore") or "")
    rules += _rules(text)
    missing = tuple(pattern for name, pattern in _PATTERNS if not _is_ignored(name, rules))
    lines = Lines.of(text).lines
    return (Edit(len(lines) - (lines[-1] == ""), (), missing),) if missing else NOTHING


def _rules(text: str) -> list[str]:
    found = (line.rstrip(" ") for line in Lines.of(text.removeprefix("\ufeff")).lines)
    return [line for line in found if line and not line.startswith("#")]


def _is_ignored(name: str, rules: list[str]) -> bool:
    """Tell whether a file's name is ignored; the last rule that fits decides, as in git."""
    for rule in reversed(rules):
        pattern = rule.removeprefix("!").removeprefix("**/").removeprefix("/")
        if fnmatchcase(name, pattern):
            return not rule.startswith("!")
    return False
