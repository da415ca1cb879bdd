"""The record of what `init` has put into a bot's files, by which it is taken out again.

It holds lines of the plugin's own, and the names of the secrets, never their values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from zendesk_handoff.adopt.lines import Edit, Lines
from zendesk_handoff.errors import CannotPatch

#: The file's name, in the bot's folder.
RECORD_FILE = ".zendesk-handoff.json"
#: Names of the plugin's modules and classes.
_NAMES = re.compile(r"zendesk_handoff[\w.]*")


@dataclass(frozen=True)
class FileRecord:
    """What was done to one file.

    Args:
        edits: The edits, in their order.
        is_ours: Whether the file was made.
        is_in_new_folder: Whether its folder was made with it.
        variables: Variables that were set, in ``.env``.
    """

    edits: tuple[Edit, ...] = ()
    is_ours: bool = False
    is_in_new_folder: bool = False
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What was done to the files of one bot.

    Args:
        files: By path, relative to the bot's folder.
        as_files: Whether the bot owns the importer's additions as files, and needs no importer.
        version: The form of the record.
    """

    files: dict[str, FileRecord] = field(default_factory=dict)
    as_files: bool = False
    version: int = 1

    @classmethod
    def read(cls, path: Path, text: str | None) -> Record:
        """Read a record; there is an empty one where there is no file.

        Raises:
            CannotPatch: The file is no record of this version.
        """
        if text is None:
            return cls()
        try:
            found = msgspec.json.decode(text.encode(), type=cls)
        except (msgspec.MsgspecError, UnicodeEncodeError):
            found = None
        if found is None or found.version != 1 or not all(map(_is_inside, found.files)):
            raise CannotPatch(path, "is not a record of `init` that this version can read.")
        return found

    @property
    def text(self) -> str | None:
        """The record as text; none where there is nothing to remember."""
        if not self.files:
            return None
        return json.dumps(msgspec.to_builtins(self), indent=1, ensure_ascii=False) + "\n"

    def with_file(self, name: str, done: FileRecord) -> Record:
        """Add to what was done to a file."""
        before = self.files.get(name, FileRecord())
        joined = FileRecord(
            before.edits + done.edits,
            before.is_ours or done.is_ours,
            before.is_in_new_folder or done.is_in_new_folder,
            tuple(dict.fromkeys(before.variables + done.variables)),
        )
        return replace(self, files={**self.files, name: joined})


def taken_back(text: str, edits: tuple[Edit, ...]) -> tuple[str, tuple[Edit, ...]]:
    """Take edits back, from the last to the first, wherever their lines stand by now.

    Args:
        text: The text, which people may have edited elsewhere.
        edits: What was done to it.

    Returns:
        The text without them, and the edits that stay, because somebody has changed their lines.
    """
    lines = Lines.of(text)
    left: list[Edit] = []
    for edit in reversed(edits):
        places = lines.find(edit.new)
        if places:
            nearest = min(places, key=lambda place: abs(place - edit.at))
            found = tuple(lines.lines[nearest : nearest + len(edit.new)])
            lines.apply(Edit(nearest, found, edit.old))
        elif _stands_in(edit, lines):
            left.insert(0, edit)
    return lines.text, tuple(left)


def _stands_in(edit: Edit, lines: Lines) -> bool:
    """Tell whether a line or a name of ours is still there; otherwise all has been taken out."""
    ours = {line.strip() for line in edit.new} - {line.strip() for line in edit.old}
    names = _NAMES.findall(" ".join(ours))
    is_there = any(line.strip() in ours for line in lines.lines if line.strip())
    return is_there or any(name in line for name in names for line in lines.lines)


def _is_inside(name: str) -> bool:
    """Tell whether a path stays in the bot's folder: the record is a file like any other."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts)
