"""``config.yml``: the importer, which brings everything else, and its options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from yaml.nodes import SequenceNode

from zendesk_handoff.adopt.lines import Edit, Lines, is_blank
from zendesk_handoff.adopt.patch import (
    NOTHING,
    Edits,
    entry_added,
    first_right,
    replaced,
    value_added,
    value_set,
)
from zendesk_handoff.adopt.yaml_text import YamlText
from zendesk_handoff.checks.bot_files import is_importer

IMPORTER = "zendesk_handoff.HandoffImporter"
_KEY = "importers"
#: Lets the importer leave the bot's own answers to the request out.
_REPLACE = "replace"
_BLOCK = (f"{_KEY}:", f"  - name: {IMPORTER}")
#: Entries of one line at the head of the file.
_HEAD = ("version", "recipe", "assistant_id", "language")


def name_importer(path: Path, text: str) -> Edits:
    """Name the importer in a bot's configuration.

    Importers that are there already go inside of it, since Rasa gives up its automatic
    configuration where it finds two.

    Args:
        path: The file, for errors.
        text: Its text; empty for a new file.

    Raises:
        CannotPatch: The text is no YAML, or its importers cannot be joined.
    """
    yaml = YamlText.read(path, text)
    ours = [{"name": IMPORTER}]
    if is_blank(text):
        new = ("recipe: default.v1", "", *_BLOCK)
        wanted = {"recipe": "default.v1", _KEY: ours}
        return first_right(yaml, [(Edit(0, (), new),)], wanted, " / ".join(new))
    if _KEY not in yaml.data:
        return entry_added(yaml, _KEY, ours, _BLOCK, after=_HEAD)
    present = yaml.data[_KEY]
    if not present:
        return value_added(yaml, _KEY, ours, _BLOCK[1:])
    if not isinstance(present, list) or not all(isinstance(each, dict) for each in present):
        raise yaml.refuse("`importers` must be a list of `- name: …`.", _KEY)
    if not any(map(is_importer, present)):
        return _wrapped(yaml, present)
    if len(present) > 1:
        remedy = f"move the others under an `importers:` of {IMPORTER}'s own"
        raise yaml.refuse(f"names other importers beside the plugin's; {remedy}.", _KEY)
    return NOTHING


def replace_own_answers(path: Path, text: str) -> Edits:
    """Set the importer's option ``replace``.

    Args:
        path: The file, for errors.
        text: Its text, in which the importer is named.

    Raises:
        CannotPatch: The importer's block has a form that cannot be patched.
    """
    yaml = YamlText.read(path, text)
    [ours] = yaml.data[_KEY]
    wanted = {**ours, **YamlText.read(path, f"{_REPLACE}: true").data}
    if wanted == ours:
        return NOTHING
    candidates = value_set(yaml, yaml.entries[_KEY].value.value[0], _REPLACE, "true")
    by_hand = f"{_REPLACE}: true (in the block of {IMPORTER})"
    return first_right(yaml, candidates, {**yaml.data, _KEY: [wanted]}, by_hand)


def _wrapped(yaml: YamlText, present: list[Any]) -> Edits:
    """Put the importers that are there inside of ours."""
    node = yaml.entries[_KEY].value
    wanted = {**yaml.data, _KEY: [{"name": IMPORTER, _KEY: present}]}
    by_hand = f"importers: [{{name: {IMPORTER}, importers: [the others]}}]"
    start = node.start_mark.index
    if isinstance(node, SequenceNode) and node.flow_style:
        end = node.end_mark.index
        head = f"[{{name: {IMPORTER}, {_KEY}: "
        candidates = [replaced(yaml, [(start, start, head), (end, end, "}]")])]
    else:
        candidates = [_above(yaml, start), _indented(yaml, start, node.end_mark.index)]
    return first_right(yaml, candidates, wanted, by_hand)


def _above(yaml: YamlText, start: int) -> Edits:
    """Put two lines above the items, which stay as they are: they are indented far enough."""
    column = yaml.column_of(start)
    margin = " " * max(0, column - 2)
    new = (f"{margin}- name: {IMPORTER}", f"{margin}  {_KEY}:")
    return (Edit(yaml.line_of(start), (), new),)


def _indented(yaml: YamlText, start: int, end: int) -> Edits:
    """Put two lines above the items, and indent them."""
    lines = Lines.of(yaml.text).lines
    first, last = yaml.line_of(start), yaml.line_of(max(start, end - 1))
    while not lines[last].strip() or lines[last].lstrip().startswith("#"):
        last -= 1
    margin = " " * yaml.column_of(start)
    new = [f"{margin}- name: {IMPORTER}", f"{margin}  {_KEY}:"]
    old = lines[first : last + 1]
    new += [f"  {line}" if line.strip() else line for line in old]
    return (Edit(first, tuple(old), tuple(new)),)
