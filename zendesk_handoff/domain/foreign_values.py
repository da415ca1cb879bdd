"""Values of any type, read as what is needed of them: clients and custom actions choose them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text_of(value: object) -> str:
    """Return a text without spaces around it; of a number its digits, of anything else nothing.

    Args:
        value: From outside.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def mapping_of(value: object) -> Mapping[str, Any]:
    """Return a mapping; anything else is an empty one.

    Args:
        value: From outside.
    """
    return value if isinstance(value, Mapping) else {}


def mappings_of(value: object) -> list[Mapping[str, Any]]:
    """Return the mappings of a list; anything else has none.

    Args:
        value: From outside.
    """
    if not isinstance(value, (list, tuple)):
        return []
    return [each for each in value if isinstance(each, Mapping)]
