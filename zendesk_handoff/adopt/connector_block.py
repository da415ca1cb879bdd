"""Single settings of a connector's block in ``credentials.yml``."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from zendesk_handoff.adopt.account import scalar
from zendesk_handoff.adopt.patch import (
    NOTHING,
    Edits,
    Patch,
    first_right,
    replaced,
    value_of,
    value_set,
)
from zendesk_handoff.adopt.yaml_text import YamlText
from zendesk_handoff.settings.read import VARIABLE

_BLOCK = "channels.ZendeskInput"


def set_values(path: Path, text: str, connector_id: str, values: Mapping[str, str]) -> Edits:
    """Set settings of a connector; other lines stay as they are.

    Args:
        path: The file, for errors.
        text: Its text.
        connector_id: The connector, which is there.
        values: The settings and their values.

    Raises:
        CannotPatch: The file is no YAML, or has a form that cannot be patched.
    """
    patch = Patch(text)
    for key, value in values.items():
        patch = patch.then(_set_value(YamlText.read(path, patch.text), connector_id, key, value))
    return patch.edits


def quote_variables(
    path: Path, text: str, connector_id: str, environ: Container[str]
) -> tuple[list[str], Edits]:
    """Put quotes around values with variables that the environment does not have.

    A ``${NAME}`` without quotes is replaced by Rasa itself, which knows nothing of ``.env`` and
    does not start; in quotes it is left to the plugin.

    Args:
        path: The file, for errors.
        text: Its text.
        connector_id: The connector, which is there.
        environ: The variables of the process environment.

    Returns:
        The values that get quotes, and the edits.

    Raises:
        CannotPatch: The file is no YAML, or has a form that cannot be patched.
    """
    yaml = YamlText.read(path, text)
    nodes = [
        each
        for each in _scalars(_connector(yaml, connector_id))
        if not each.style and any(name not in environ for name in VARIABLE.findall(each.value))
    ]
    if not nodes:
        return [], NOTHING
    values = [each.value for each in nodes]
    edits = replaced(
        yaml, [(each.start_mark.index, each.end_mark.index, scalar(each.value)) for each in nodes]
    )
    return values, first_right(yaml, [edits], yaml.data, f"quotes around {', '.join(values)}")


def _scalars(node: Node | None) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        yield node
    elif isinstance(node, MappingNode):
        for _, value in node.value:
            yield from _scalars(value)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from _scalars(item)


def _set_value(yaml: YamlText, connector_id: str, key: str, value: str) -> Edits:
    by_hand = f"{key}: {scalar(value)} (in the block of {connector_id})"
    wanted = _with_value(yaml.data, connector_id, key, value)
    if wanted == yaml.data:
        return NOTHING
    block = _connector(yaml, connector_id)
    return first_right(yaml, value_set(yaml, block, key, scalar(value)), wanted, by_hand)


def _connector(yaml: YamlText, connector_id: str) -> Node | None:
    """Find the connector's block in the text."""
    node: Node | None = next(
        (entry.value for name, entry in yaml.entries.items() if name.endswith(_BLOCK)), None
    )
    return value_of(value_of(node, "connectors"), connector_id)


def _with_value(data: dict[str, Any], connector_id: str, key: str, value: str) -> dict[str, Any]:
    """Copy what the file means, with the value in its place; nothing fits one without a place."""
    block = next(name for name in data if name.endswith(_BLOCK))
    connectors = data[block].get("connectors", {})
    connector = {**connectors.get(connector_id, {}), key: value}
    changed = {**data[block], "connectors": {**connectors, connector_id: connector}}
    return {**data, block: changed}
