"""YAML files changed with their comments, and in their layout."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

#: What stands before a document and behind it, which the round trip would leave out. Directives
#: are the parser's.
_BEFORE = re.compile(r"(?:(?:#[^\n]*|[ \t]*)\n)*---[ \t]*(?:#[^\n]*)?\n")
_BEHIND = re.compile(r"^\.\.\.[ \t]*(?:#[^\n]*)?(?:\n(?:#[^\n]*|[ \t]*))*\Z", re.MULTILINE)


def load(text: str) -> tuple[Any, Any]:
    """Read YAML with its comments and in its layout.

    Args:
        text: The text of a file.

    Returns:
        The writer for the layout, and the content.
    """
    _, text, _ = _parts(text)
    lists = re.search(r"^[\w-]+:[^\n]*\n(?:\s*#[^\n]*\n|\s*\n)*( *)- ", text, re.MULTILINE)
    yaml = new_yaml(indented=lists is None or lists[1] != "")
    return yaml, yaml.load(text) or {}


def dump(yaml: Any, content: Any) -> str:
    """Write content as text.

    Args:
        yaml: The writer.
        content: What `load` gave, changed; or plain data.
    """
    stream = io.StringIO()
    yaml.dump(content, stream)
    return stream.getvalue()


def with_entries(text: str, more: Mapping[str, Any], *, empty: str = "") -> str:
    """Add to the lists and mappings of a file.

    Args:
        text: The file's.
        more: Additions by top-level key: lists to lists, and mappings to mappings.
        empty: What a file without text begins with.

    Raises:
        TypeError: A key has a value of another kind.
    """
    yaml, content = load(text or empty)
    for key, value in more.items():
        own = content.get(key)
        if not own:
            content[key] = value
        elif isinstance(own, list) and isinstance(value, list):
            own += value
        elif isinstance(own, dict) and isinstance(value, dict):
            own.update(value)
        else:
            words = "a list" if isinstance(value, list) else "a mapping"
            raise TypeError(f"has something else than {words} as `{key}`.")
    return keep_lines(text, dump(yaml, content))


def keep_lines(own: str, changed: str) -> str:
    """Put the bot's own lines back where YAML's round trip has only written them otherwise.

    Args:
        own: The file's text.
        changed: What was made of it, as `dump` writes it.
    """
    head, own, tail = _parts(own)
    own = f"{own}\n" if own and not own.endswith("\n") else own
    yaml, content = load(own)
    before, after = dump(yaml, content).splitlines(True), changed.splitlines(True)
    lines = own.splitlines(True)
    if len(lines) != len(before):
        return head + changed + tail
    kept: list[str] = []
    for tag, first, last, start, end in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        kept += lines[first:last] if tag == "equal" else after[start:end]
    text = "".join(kept)
    return head + (text if _is_same(text, changed) else changed) + tail


def _parts(text: str) -> tuple[str, str, str]:
    """Divide a text into what stands before its document, the document, and what stands behind."""
    before = _BEFORE.match(text)
    start = before.end() if before else 0
    behind = _BEHIND.search(text, start)
    end = behind.start() if behind else len(text)
    return text[:start], text[start:end], text[end:]


def _is_same(one: str, other: str) -> bool:
    try:
        return bool(load(one)[1] == load(other)[1])
    except YAMLError:  # lists at two depths in one file
        return False


def new_yaml(*, indented: bool = True) -> Any:
    """Return a reader and writer that keeps quotes and long lines.

    Args:
        indented: Whether lists are indented below their key.
    """
    yaml: Any = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096  # long lines stay as they are
    yaml.representer.add_representer(type(None), _empty)
    if indented:
        yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _empty(representer: Any, _: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")
