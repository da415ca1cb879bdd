"""A YAML file as it is meant, and where its top-level keys stand in the text.

Files are patched line by line: writing a parsed file again would also change the lines of others.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from zendesk_handoff.adopt.lines import Lines
from zendesk_handoff.errors import CannotPatch

#: libyaml where it is there: Rasa reads by it, and it takes tabs that PyYAML's own reader refuses.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Blocks inside of one another; a bot has about five.
_DEEPEST = 100
_NULL, _STRING, _MERGE = (f"tag:yaml.org,2002:{kind}" for kind in ("null", "str", "merge"))


@dataclass(frozen=True)
class Entry:
    """A top-level entry of the file.

    Args:
        key: The node of its key.
        value: The node of its value.
    """

    key: Node
    value: Node

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands behind the key."""
        is_scalar = isinstance(self.value, ScalarNode)
        return is_scalar and self.value.start_mark.index == self.value.end_mark.index


@dataclass(frozen=True)
class YamlText:
    """The text of a YAML file, read.

    Args:
        path: The file, for errors.
        text: Its text.
        data: What it means; values that are neither texts nor null keep their tag.
        entries: The top-level entries by key.
        indent: The column of the keys.
    """

    path: Path
    text: str
    data: dict[str, Any]
    entries: Mapping[str, Entry]
    indent: int
    _starts: list[int] = field(repr=False)

    @classmethod
    def read(cls, path: Path, text: str) -> YamlText:
        """Read a text.

        Raises:
            CannotPatch: It is no YAML, with the line and the cause; or its keys are not in lines.
        """
        text = text.removeprefix("\ufeff")
        starts = _starts_of(text)
        try:
            _check_depth(text)
            root = yaml.compose(text, _LOADER)
            data = {} if root is None or _is_null(root) else _plain(root)
        except _Duplicate as found:
            cause = "has the same key twice; keep one of them."
            raise CannotPatch(path, cause, line=_line(starts, found.node.start_mark) + 1) from None
        except yaml.MarkedYAMLError as error:
            line = _line(starts, error.problem_mark) + 1 if error.problem_mark else None
            cause = ", ".join(filter(None, (error.context, error.problem)))
            cause = f"is not valid YAML: {cause}."
            raise CannotPatch(path, cause, line=line) from None
        except (yaml.YAMLError, RecursionError) as error:
            cause = "nested too deeply" if isinstance(error, RecursionError) else "a bad character"
            raise CannotPatch(path, f"is not valid YAML: {cause}.") from None
        if not data and (root is None or _is_null(root)):
            return cls(path, text, {}, {}, 0, starts)
        if not isinstance(root, MappingNode):
            raise CannotPatch(path, "must be a block of `key: value` lines at the top.")
        if root.flow_style:
            raise CannotPatch(path, "is written in braces {…}; write it as `key: value` lines.")
        entries = {
            key.value: Entry(key, value) for key, value in root.value if isinstance(key, ScalarNode)
        }
        if _MERGE in {key.tag for key, _ in root.value}:
            raise CannotPatch(
                path, "takes entries out of an anchor by `<<`; write them at the top."
            )
        return cls(path, text, data, entries, root.value[0][0].start_mark.column, starts)

    def line_of(self, index: int) -> int:
        """Return the number of the line, from 0, in which a character stands."""
        return bisect.bisect_right(self._starts, index) - 1

    def column_of(self, index: int) -> int:
        """Return the place of a character in its line, from 0."""
        return index - self._starts[self.line_of(index)]

    def marks_of(self, key: str) -> tuple[yaml.Mark, yaml.Mark]:
        """Return where the value of a top-level key begins and ends."""
        value = self.entries[key].value
        return value.start_mark, value.end_mark

    def refuse(self, message: str, key: str) -> CannotPatch:
        """Make an error that names the line of a key."""
        line = self.line_of(self.entries[key].key.start_mark.index) + 1
        return CannotPatch(self.path, message, line=line)


class _Duplicate(Exception):
    """A key that a mapping has twice, which Rasa refuses."""

    def __init__(self, node: Node) -> None:
        self.node = node


def _check_depth(text: str) -> None:
    """Check that a file is no trap for libyaml, whose composer follows any nesting in C.

    Raises:
        RecursionError: It may be one.
    """
    depth = 0
    for event in yaml.parse(text, _LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise RecursionError


def _plain(node: Node) -> Any:
    """Make data of a node that can be compared; nothing is constructed, also for unknown tags."""
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node.value]
    if isinstance(node, MappingNode):
        found: dict[Any, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else repr(_plain(key))
            if name in found and key.tag != _MERGE:
                raise _Duplicate(key)
            found[name] = _plain(value)
        return found
    if _is_null(node):
        return None
    return node.value if node.tag == _STRING else (node.tag, node.value)


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL


def _starts_of(text: str) -> list[int]:
    """List the places at which lines begin."""
    lines = Lines.of(text)
    ends = [*lines.ends, ""]
    lengths = (len(line) + len(end) for line, end in zip(lines.lines, ends, strict=True))
    return [0, *accumulate(lengths)][:-1]


def _line(starts: list[int], mark: yaml.Mark) -> int:
    """Number lines as editors do: YAML has more line ends than they."""
    return bisect.bisect_right(starts, mark.index) - 1
