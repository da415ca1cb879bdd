"""One way to patch YAML: edits are tried on the text, and kept if they change what is meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from zendesk_handoff.adopt.lines import Edit, Lines
from zendesk_handoff.adopt.yaml_text import YamlText
from zendesk_handoff.errors import CannotPatch

#: Edits that belong together.
Edits = tuple[Edit, ...]
NOTHING: Edits = ()


@dataclass(frozen=True)
class Patch:
    """A text with our lines in it.

    Args:
        text: The text.
        edits: What was done to it, in this order.
    """

    text: str
    edits: Edits = NOTHING

    def then(self, edits: Edits) -> Patch:
        """Apply further edits."""
        return Patch(applied(self.text, edits), self.edits + edits)


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits to a text, one after the other."""
    lines = Lines.of(text)
    for edit in edits:
        lines.apply(edit)
    return lines.text


def edits_between(old: str, new: str) -> Edits:
    """Find the edits that make one text of another; line ends are those of the old one."""
    before, after = Lines.of(old).lines, Lines.of(new).lines
    found: list[Edit] = []
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for tag, first, last, start, end in codes:
        if tag == "delete" and first:  # with the line before, by which its place is found again
            first, start = first - 1, start - 1
        if tag != "equal":
            found.append(Edit(start, tuple(before[first:last]), tuple(after[start:end])))
    return tuple(found)


def first_right(
    yaml: YamlText, candidates: Iterable[Edits], wanted: Mapping[str, Any], by_hand: str
) -> Edits:
    """Return the first edits after which the file means exactly what is wanted.

    Args:
        yaml: The file.
        candidates: Several ways to write the same.
        wanted: What Rasa is to read in the file.
        by_hand: The lines for people, should no way be right.

    Raises:
        CannotPatch: None is.
    """
    for edits in candidates:
        try:
            if YamlText.read(yaml.path, applied(yaml.text, edits)).data == wanted:
                return edits
        except (CannotPatch, RecursionError):
            continue
    raise no_way(yaml, by_hand)


def no_way(yaml: YamlText, by_hand: str) -> CannotPatch:
    """Make the error for a file that a person must patch."""
    return CannotPatch(yaml.path, f"has a form that cannot be patched; add by hand: {by_hand}")


def entry_added(
    yaml: YamlText, key: str, value: Any, lines: Sequence[str], *, after: Sequence[str] = ()
) -> Edits:
    """Add a top-level entry.

    Args:
        yaml: The file, which does not have the key.
        key: The entry's key.
        value: Its value, as Rasa is to read it.
        lines: The entry as text, its key included.
        after: Keys with short values behind which it stands best; otherwise it comes last.
    """
    margin = " " * yaml.indent
    new = tuple(margin + line if line else line for line in lines)
    places = [place for name in reversed(after) for place in _behind(yaml, name)] + _at_end(yaml)
    candidates = [(Edit(place, (), lead + new),) for place, leads in places for lead in leads]
    if yaml.entries:
        # Behind an end marker is another document, and an open text at the end, such as one
        # behind `|`, would get another line end.
        first = min(entry.key.start_mark.index for entry in yaml.entries.values())
        candidates.append((Edit(yaml.line_of(first), (), new),))
    by_hand = " / ".join(line.strip() for line in lines)
    return first_right(yaml, candidates, {**yaml.data, key: value}, by_hand)


def value_added(yaml: YamlText, key: str, value: Any, below: Sequence[str]) -> Edits:
    """Give a top-level key a value that has none, or an empty one such as `null` or `[]`.

    Args:
        yaml: The file.
        key: The key, which is there.
        value: Its value, as Rasa is to read it.
        below: The value as lines under the key, without their margin.
    """
    start, end = (mark.index for mark in yaml.marks_of(key))
    number, column = yaml.line_of(start), yaml.column_of(start)
    line = Lines.of(yaml.text).lines[number]
    emptied = line[:column].rstrip() + line[column + end - start :]
    margin = " " * yaml.indent
    lines = tuple(margin + each for each in below)
    edit = Edit(number, (line,), (emptied, *lines))
    if emptied == line:
        edit = Edit(number + 1, (), lines)
    return first_right(yaml, [(edit,)], {**yaml.data, key: value}, " / ".join([f"{key}:", *below]))


def value_set(yaml: YamlText, block: Node | None, key: str, value: str) -> Iterator[Edits]:
    """Yield ways to set a key of a block; some may mean something else: see `first_right`.

    Args:
        yaml: The file.
        block: The block's node.
        key: The key, which may be there.
        value: Its value, as it stands in the file.
    """
    if not isinstance(block, MappingNode):
        return
    present = value_of(block, key)
    if present is not None:
        yield replaced(yaml, [(present.start_mark.index, present.end_mark.index, value)])
        return
    if block.flow_style:
        end = block.end_mark.index - 1  # the brace
        yield replaced(yaml, [(end, end, f", {key}: {value}")])
        return
    for name, each in reversed(block.value):
        if isinstance(each, ScalarNode) and not each.style:
            line = yaml.line_of(name.start_mark.index)
            margin = " " * yaml.column_of(name.start_mark.index)
            yield (Edit(line + 1, (), (f"{margin}{key}: {value}",)),)


def value_of(block: Node | None, key: str) -> Node | None:
    """Find the value of a key in a block."""
    if not isinstance(block, MappingNode):
        return None
    return next((value for name, value in block.value if name.value == key), None)


def replaced(yaml: YamlText, pieces: Sequence[tuple[int, int, str]]) -> Edits:
    """Replace pieces inside of lines.

    Args:
        yaml: The file.
        pieces: Start, end and new text of each piece, from the first to the last, none of which
            reaches over the end of a line.
    """
    lines = Lines.of(yaml.text).lines
    found: list[Edit] = []
    for start, end, new in reversed(pieces):
        number, column = yaml.line_of(start), yaml.column_of(start)
        old = lines[number]
        lines[number] = old[:column] + new + old[column + end - start :]
        found.append(Edit(number, (old,), (lines[number],)))
    return tuple(found)


def _behind(yaml: YamlText, key: str) -> list[tuple[int, list[tuple[str, ...]]]]:
    """Find the place behind an entry of one line."""
    entry = yaml.entries.get(key)
    if entry is None or not isinstance(entry.value, ScalarNode) or entry.is_empty:
        return []
    line = yaml.line_of(entry.key.start_mark.index)
    if yaml.line_of(max(0, entry.value.end_mark.index - 1)) != line:
        return []
    lines = Lines.of(yaml.text).lines
    is_spaced = line + 1 < len(lines) and not lines[line + 1].strip()
    return [(line + 1, [("",) if is_spaced else ()])]


def _at_end(yaml: YamlText) -> list[tuple[int, list[tuple[str, ...]]]]:
    """Find the place behind everything, before the last line's end."""
    lines = Lines.of(yaml.text).lines
    place = len(lines) - (lines[-1] == "")
    is_spaced = place == 0 or not lines[place - 1].strip()
    return [(place, [()] if is_spaced else [("",), ()])]
