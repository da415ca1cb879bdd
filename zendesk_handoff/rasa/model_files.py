"""JSON files of a component or policy in the trained model."""

from __future__ import annotations

import json
from typing import Any

from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage


def write_json(storage: ModelStorage, resource: Resource, name: str, value: Any) -> None:
    """Write a file into the component's part of the model.

    Args:
        storage: The model's storage.
        resource: The component's part of it.
        name: The file's name.
        value: Lists, mappings, texts and numbers.
    """
    with storage.write_to(resource) as folder:
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def read_json(storage: ModelStorage, resource: Resource, name: str) -> Any:
    """Read a file of the component's part of the model.

    Args:
        storage: The model's storage.
        resource: The component's part of it.
        name: The file's name.

    Raises:
        ValueError: The component has stored nothing: the model is of an older version.
    """
    with storage.read_from(resource) as folder:
        text = (folder / name).read_text("utf-8")
    return json.loads(text)
